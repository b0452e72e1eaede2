using System.Globalization;
using System.Text.RegularExpressions;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.CustomResources.Schemas;

/// <summary>Durations as strfmt reads them: Go's (<c>1h30m</c>), or whole numbers with words among any text (<c>3 days and 2 hours</c>).</summary>
internal static partial class WordyDuration
{
    private static readonly (string[] Words, long Nanoseconds)[] Units =
    [
        (["ns", "nano"], 1),
        (["us", "µs", "micro"], 1_000),
        (["ms", "milli"], 1_000_000),
        (["s", "sec"], 1_000_000_000),
        (["m", "min"], 60_000_000_000),
        (["h", "hr", "hour"], 3_600_000_000_000),
        (["d", "day"], 86_400_000_000_000),
        (["w", "wk", "week"], 604_800_000_000_000),
    ];

    public static bool TryParse(string text, out long nanoseconds)
    {
        if (CelDurations.TryParse(text, out nanoseconds))
        {
            return true;
        }

        nanoseconds = 0;
        var found = false;
        foreach (Match match in Amount().Matches(text))
        {
            if (!long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                return false;
            }

            var unit = match.Groups[2].Value.ToLowerInvariant();
            foreach (var (words, factor) in Units)
            {
                // The last word of a unit also begins longer ones: hour, hours.
                if (words.Contains(unit) || unit.StartsWith(words[^1], StringComparison.Ordinal))
                {
                    found = true;
                    nanoseconds = unchecked(nanoseconds + (count * factor));
                }
            }
        }

        return found;
    }

    [GeneratedRegex("([0-9]+)\\s*([A-Za-zµ]+)")]
    private static partial Regex Amount();
}
