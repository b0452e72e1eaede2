using System.Globalization;

namespace Orchestrator.ApiServer.Codecs;

/// <summary>yaml.v2's order of keys: numbers inside of texts count as numbers, letters come after everything else.</summary>
internal static class NaturalOrder
{
    public static int Compare(string left, string right)
    {
        var inDigits = false;
        for (var i = 0; i < left.Length && i < right.Length; i++)
        {
            if (left[i] == right[i])
            {
                inDigits = char.IsDigit(left[i]);
                continue;
            }

            var (leftLetter, rightLetter) = (char.IsLetter(left[i]), char.IsLetter(right[i]));
            if (leftLetter && rightLetter)
            {
                return left[i].CompareTo(right[i]);
            }

            if (leftLetter || rightLetter)
            {
                // Inside a number the shorter number ends here, and so is smaller.
                return inDigits ? (leftLetter ? -1 : 1) : leftLetter ? 1 : -1;
            }

            return Numbers(left, right, i);
        }

        return left.Length.CompareTo(right.Length);
    }

    private static int Numbers(string left, string right, int at)
    {
        var (leftRun, rightRun) = (Run(left, at), Run(right, at));
        if (leftRun.Length > 0 && rightRun.Length > 0
            && decimal.TryParse(leftRun, NumberStyles.None, CultureInfo.InvariantCulture, out var a)
            && decimal.TryParse(rightRun, NumberStyles.None, CultureInfo.InvariantCulture, out var b))
        {
            var order = a.CompareTo(b);
            if (order != 0)
            {
                return order;
            }

            if (leftRun.Length != rightRun.Length)
            {
                return leftRun.Length.CompareTo(rightRun.Length);
            }
        }

        return left[at].CompareTo(right[at]);
    }

    private static string Run(string text, int at)
    {
        var end = at;
        while (end < text.Length && char.IsDigit(text[end]))
        {
            end++;
        }

        return text[at..end];
    }
}
