using System.Globalization;
using System.Text;

namespace Orchestrator.ApiServer.Validation;

/// <summary>Differences of two texts in unified form, three lines around each, as messages about forbidden changes show them.</summary>
/// <remarks>Matches the longest common block first, then what is left of it and right of it (Ratcliff and Obershelp, as upstream's library does).</remarks>
internal static class UnifiedDiff
{
    private const int Context = 3;
    private const int PopularFrom = 200;

    /// <summary>The difference of two values as internal types print them.</summary>
    public static string Of(object? old, object? value) => Of(new InternalValue(old).ToIndentedText(), new InternalValue(value).ToIndentedText());

    public static string Of(string old, string text)
    {
        var a = old.Split('\n');
        var b = text.Split('\n');
        var blocks = new List<(int A, int B, int Length)>();
        Match(a, b, Positions(b), 0, a.Length, 0, b.Length, blocks);
        blocks.Add((a.Length, b.Length, 0));
        var changes = new List<(int A1, int A2, int B1, int B2)>();
        var (ai, bi) = (0, 0);
        foreach (var block in blocks)
        {
            if (ai < block.A || bi < block.B)
            {
                changes.Add((ai, block.A, bi, block.B));
            }

            (ai, bi) = (block.A + block.Length, block.B + block.Length);
        }

        var output = new StringBuilder();
        for (var i = 0; i < changes.Count;)
        {
            var last = i;
            while (last + 1 < changes.Count && changes[last + 1].A1 - changes[last].A2 <= 2 * Context)
            {
                last++;
            }

            Hunk(output, a, b, changes, i, last);
            i = last + 1;
        }

        return output.ToString();
    }

    private static void Hunk(StringBuilder output, string[] a, string[] b, List<(int A1, int A2, int B1, int B2)> changes, int first, int last)
    {
        var (a1, b1) = (Math.Max(0, changes[first].A1 - Context), Math.Max(0, changes[first].B1 - Context));
        var (a2, b2) = (Math.Min(a.Length, changes[last].A2 + Context), Math.Min(b.Length, changes[last].B2 + Context));
        output.Append("@@ -").Append(Range(a1, a2)).Append(" +").Append(Range(b1, b2)).Append(" @@\n");
        var position = a1;
        for (var i = first; i <= last; i++)
        {
            Lines(' ', a, position, changes[i].A1);
            Lines('-', a, changes[i].A1, changes[i].A2);
            Lines('+', b, changes[i].B1, changes[i].B2);
            position = changes[i].A2;
        }

        Lines(' ', a, position, a2);

        void Lines(char mark, string[] text, int from, int to)
        {
            for (var l = from; l < to; l++)
            {
                output.Append(mark).Append(text[l]).Append('\n');
            }
        }
    }

    private static string Range(int start, int end)
    {
        var length = end - start;
        var beginning = length == 0 ? start : start + 1;
        return length == 1
            ? beginning.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{beginning},{length}");
    }

    private static Dictionary<string, List<int>> Positions(string[] lines)
    {
        var positions = new Dictionary<string, List<int>>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (!positions.TryGetValue(lines[i], out var list))
            {
                positions[lines[i]] = list = [];
            }

            list.Add(i);
        }

        if (lines.Length >= PopularFrom)
        {
            foreach (var line in positions.Where(p => p.Value.Count > (lines.Length / 100) + 1).Select(static p => p.Key).ToArray())
            {
                positions.Remove(line);
            }
        }

        return positions;
    }

    private static void Match(string[] a, string[] b, Dictionary<string, List<int>> positions, int a1, int a2, int b1, int b2, List<(int A, int B, int Length)> blocks)
    {
        var (bestA, bestB, bestLength) = (a1, b1, 0);
        var lengths = new Dictionary<int, int>();
        for (var i = a1; i < a2; i++)
        {
            var next = new Dictionary<int, int>();
            if (positions.TryGetValue(a[i], out var places))
            {
                foreach (var j in places)
                {
                    if (j >= b2)
                    {
                        break;
                    }

                    if (j < b1)
                    {
                        continue;
                    }

                    var length = lengths.GetValueOrDefault(j - 1) + 1;
                    next[j] = length;
                    if (length > bestLength)
                    {
                        (bestA, bestB, bestLength) = (i - length + 1, j - length + 1, length);
                    }
                }
            }

            lengths = next;
        }

        while (bestA > a1 && bestB > b1 && a[bestA - 1] == b[bestB - 1])
        {
            (bestA, bestB, bestLength) = (bestA - 1, bestB - 1, bestLength + 1);
        }

        while (bestA + bestLength < a2 && bestB + bestLength < b2 && a[bestA + bestLength] == b[bestB + bestLength])
        {
            bestLength++;
        }

        if (bestLength == 0)
        {
            return;
        }

        Match(a, b, positions, a1, bestA, b1, bestB, blocks);
        blocks.Add((bestA, bestB, bestLength));
        Match(a, b, positions, bestA + bestLength, a2, bestB + bestLength, b2, blocks);
    }
}
