namespace Orchestrator.Storage.Indexing;

/// <summary>An inner node. <see cref="Lows"/>[i] separates child i-1 from child i: greater than all names left of it, at most the least right of it.</summary>
internal sealed class IndexBranch : IndexNode
{
    private int _count;

    public IndexBranch(object owner)
    {
        Owner = owner;
    }

    public IndexNode[] Children { get; } = new IndexNode[Fanout];

    /// <summary>Separators; the first is unused.</summary>
    public string[] Lows { get; } = new string[Fanout];

    public override int Count => _count;

    /// <summary>The child in which a name belongs.</summary>
    public int ChildFor(string name)
    {
        var lows = Lows;
        int low = 1, high = Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (string.CompareOrdinal(lows[middle], name) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low - 1;
    }

    public IndexBranch Copy(object owner)
    {
        var copy = new IndexBranch(owner) { Length = Length, _count = _count };
        Array.Copy(Children, copy.Children, Length);
        Array.Copy(Lows, copy.Lows, Length);
        return copy;
    }

    public void Insert(int at, string low, IndexNode child)
    {
        Array.Copy(Children, at, Children, at + 1, Length - at);
        Array.Copy(Lows, at, Lows, at + 1, Length - at);
        Children[at] = child;
        Lows[at] = low;
        Length++;
    }

    public void RemoveAt(int at)
    {
        Length--;
        Array.Copy(Children, at + 1, Children, at, Length - at);
        Array.Copy(Lows, at + 1, Lows, at, Length - at);
        Children[Length] = null!;
        Lows[Length] = null!;
    }

    /// <summary>Moves the children from <paramref name="at"/> on into a new branch, whose <c>Lows[0]</c> is what separates the two.</summary>
    public IndexBranch SplitAt(int at, object owner)
    {
        var right = new IndexBranch(owner) { Length = Length - at };
        Array.Copy(Children, at, right.Children, 0, right.Length);
        Array.Copy(Lows, at, right.Lows, 0, right.Length);
        Array.Clear(Children, at, right.Length);
        Array.Clear(Lows, at, right.Length);
        Length = at;
        Recount();
        right.Recount();
        return right;
    }

    /// <summary>Appends a right neighbour's children; <paramref name="low"/> is what separated the two.</summary>
    public void Absorb(string low, IndexBranch right)
    {
        Array.Copy(right.Children, 0, Children, Length, right.Length);
        Array.Copy(right.Lows, 0, Lows, Length, right.Length);
        Lows[Length] = low;
        Length += right.Length;
        Recount();
    }

    public void Recount()
    {
        var count = 0;
        for (var i = 0; i < Length; i++)
        {
            count += Children[i].Count;
        }

        _count = count;
    }

    public void AddToCount(int difference) => _count += difference;
}
