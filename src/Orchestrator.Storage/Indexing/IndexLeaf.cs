namespace Orchestrator.Storage.Indexing;

/// <summary>A leaf: up to <see cref="IndexNode.Fanout"/> values, ordered by name.</summary>
internal sealed class IndexLeaf : IndexNode
{
    public IndexLeaf(object owner)
    {
        Owner = owner;
    }

    public StoredValue[] Values { get; } = new StoredValue[Fanout];

    public override int Count => Length;

    /// <summary>The position of a name, or the complement of where it would be.</summary>
    public int Search(string name)
    {
        var values = Values;
        int low = 0, high = Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(values[middle].Name, name);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }

    public IndexLeaf Copy(object owner)
    {
        var copy = new IndexLeaf(owner) { Length = Length };
        Array.Copy(Values, copy.Values, Length);
        return copy;
    }

    public void Insert(int at, StoredValue value)
    {
        Array.Copy(Values, at, Values, at + 1, Length - at);
        Values[at] = value;
        Length++;
    }

    public void RemoveAt(int at)
    {
        Length--;
        Array.Copy(Values, at + 1, Values, at, Length - at);
        Values[Length] = null!;
    }

    /// <summary>Moves the values from <paramref name="at"/> on into a new leaf.</summary>
    public IndexLeaf SplitAt(int at, object owner)
    {
        var right = new IndexLeaf(owner) { Length = Length - at };
        Array.Copy(Values, at, right.Values, 0, right.Length);
        Array.Clear(Values, at, right.Length);
        Length = at;
        return right;
    }

    /// <summary>Appends a right neighbour's values.</summary>
    public void Absorb(IndexLeaf right)
    {
        Array.Copy(right.Values, 0, Values, Length, right.Length);
        Length += right.Length;
    }
}
