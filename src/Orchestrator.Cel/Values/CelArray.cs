namespace Orchestrator.Cel.Values;

/// <summary>A list that an expression made.</summary>
public sealed class CelArray : CelList
{
    private readonly CelValue[] _items;
    private readonly int _count;

    public CelArray(params CelValue[] items)
        : this(items, items.Length)
    {
    }

    private CelArray(CelValue[] items, int count)
    {
        _items = items;
        _count = count;
    }

    public static CelArray Empty { get; } = new();

    public override int Count => _count;

    public override CelValue this[int index] => _items[index];

    internal static CelArray Concat(CelList left, CelList right)
    {
        var items = new CelValue[left.Count + right.Count];
        for (var i = 0; i < left.Count; i++)
        {
            items[i] = left[i];
        }

        for (var i = 0; i < right.Count; i++)
        {
            items[left.Count + i] = right[i];
        }

        return new(items);
    }

    internal static CelArray Of(List<CelValue> items) => new([.. items]);
}
