using System.Globalization;

namespace Orchestrator.Controllers.CronJobs;

/// <summary>One field of a cron schedule: the values that match, as bits, and whether it was written as a star.</summary>
internal readonly record struct CronField(ulong Bits, bool IsStar)
{
    public bool Matches(int value) => (Bits & (1UL << value)) != 0;

    /// <exception cref="FormatException">The field is no cron field.</exception>
    public static CronField Parse(string text, int min, int max, IReadOnlyList<string>? names = null)
    {
        var bits = 0UL;
        var star = false;
        foreach (var part in text.Split(','))
        {
            var (range, isStar) = ParsePart(part, min, max, names);
            bits |= range;
            star |= isStar;
        }

        return new(bits, star);
    }

    private static (ulong Bits, bool IsStar) ParsePart(string part, int min, int max, IReadOnlyList<string>? names)
    {
        var pieces = part.Split('/');
        if (pieces.Length > 2)
        {
            throw new FormatException($"too many slashes: {part}");
        }

        var ends = pieces[0].Split('-');
        int low, high;
        var star = false;
        if (ends[0] is "*" or "?")
        {
            (low, high, star) = (min, max, true);
        }
        else
        {
            low = Value(ends[0], min, names);
            high = ends.Length switch
            {
                1 => low,
                2 => Value(ends[1], min, names),
                _ => throw new FormatException($"too many hyphens: {part}"),
            };
        }

        var step = 1;
        if (pieces.Length == 2)
        {
            step = Number(pieces[1]);

            // "3/15" means from 3 on.
            high = ends.Length == 1 && !star ? max : high;
            star = star && step == 1;
        }

        if (low < min)
        {
            throw new FormatException($"beginning of range ({low}) below minimum ({min}): {part}");
        }

        if (high > max)
        {
            throw new FormatException($"end of range ({high}) above maximum ({max}): {part}");
        }

        if (low > high)
        {
            throw new FormatException($"beginning of range ({low}) beyond end of range ({high}): {part}");
        }

        if (step == 0)
        {
            throw new FormatException($"step of range should be a positive number: {part}");
        }

        var bits = 0UL;
        for (var i = low; i <= high; i += step)
        {
            bits |= 1UL << i;
        }

        return (bits, star);
    }

    private static int Value(string text, int min, IReadOnlyList<string>? names)
    {
        for (var i = 0; i < names?.Count; i++)
        {
            if (names[i].Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return i + min;
            }
        }

        return Number(text);
    }

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new FormatException($"failed to parse int from {text}: strconv.Atoi: parsing \"{text}\": invalid syntax");
}
