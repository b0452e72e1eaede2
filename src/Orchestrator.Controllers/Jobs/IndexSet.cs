using System.Globalization;
using System.Text;

namespace Orchestrator.Controllers.Jobs;

/// <summary>A set of completion indexes in the text form of a Job's status: <c>1,3-5,7</c>.</summary>
internal sealed class IndexSet
{
    private readonly SortedSet<int> _indexes = [];

    public int Count => _indexes.Count;

    /// <summary>Reads the text form; parts that make no sense, or are not below the limit, are left out.</summary>
    public static IndexSet Parse(string? text, int limit)
    {
        var set = new IndexSet();
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            if (!int.TryParse(dash < 0 ? part : part.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var first))
            {
                continue;
            }

            var last = first;
            if (dash >= 0 && !int.TryParse(part.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out last))
            {
                continue;
            }

            for (var i = first; i <= last && i < limit; i++)
            {
                set._indexes.Add(i);
            }
        }

        return set;
    }

    public bool Contains(int index) => _indexes.Contains(index);

    public bool Add(int index) => _indexes.Add(index);

    public IndexSet Copy()
    {
        var copy = new IndexSet();
        copy._indexes.UnionWith(_indexes);
        return copy;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        var (first, last) = (-1, -2);
        foreach (var index in _indexes)
        {
            if (index == last + 1)
            {
                last = index;
                continue;
            }

            Append(text, first, last);
            (first, last) = (index, index);
        }

        Append(text, first, last);
        return text.ToString();
    }

    private static void Append(StringBuilder text, int first, int last)
    {
        if (first < 0)
        {
            return;
        }

        if (text.Length > 0)
        {
            text.Append(',');
        }

        // Two neighbours are written apart, three and more as a range.
        text.Append(first);
        if (last > first)
        {
            text.Append(last > first + 1 ? '-' : ',').Append(last);
        }
    }
}
