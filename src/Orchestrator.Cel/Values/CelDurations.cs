using System.Globalization;
using System.Text;

namespace Orchestrator.Cel.Values;

/// <summary>Durations in nanoseconds, read and written as Go does.</summary>
public static class CelDurations
{
    private const long Microsecond = 1_000;
    private const long Millisecond = 1_000_000;
    internal const long Second = 1_000_000_000;
    internal const long Minute = 60 * Second;
    internal const long Hour = 60 * Minute;

    /// <summary>Reads <c>1h30m</c>, <c>-1.5s</c>, <c>10ms</c>, <c>0</c>; false for anything else, and beyond 290 years.</summary>
    public static bool TryParse(string text, out long nanoseconds)
    {
        nanoseconds = 0;
        var rest = text.AsSpan();
        var negative = false;
        if (rest.Length > 0 && rest[0] is '-' or '+')
        {
            negative = rest[0] == '-';
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return true;
        }

        if (rest.Length == 0)
        {
            return false;
        }

        // Unsigned, since the smallest duration has no positive counterpart.
        ulong total = 0;
        while (rest.Length > 0)
        {
            var whole = LeadingDigits(rest);
            var fraction = 0;
            if (whole < rest.Length && rest[whole] == '.')
            {
                fraction = LeadingDigits(rest[(whole + 1)..]) + 1;
            }

            if (whole == 0 && fraction <= 1)
            {
                return false;
            }

            if (!ulong.TryParse(whole == 0 ? "0" : rest[..whole], NumberStyles.None, CultureInfo.InvariantCulture, out var units))
            {
                return false;
            }

            var decimals = fraction > 1 ? rest.Slice(whole + 1, fraction - 1) : default;
            rest = rest[(whole + fraction)..];
            var unitLength = 0;
            while (unitLength < rest.Length && rest[unitLength] != '.' && !char.IsAsciiDigit(rest[unitLength]))
            {
                unitLength++;
            }

            var unit = rest[..unitLength] switch
            {
                "ns" => 1UL,
                "us" or "µs" or "μs" => (ulong)Microsecond,
                "ms" => (ulong)Millisecond,
                "s" => (ulong)Second,
                "m" => (ulong)Minute,
                "h" => (ulong)Hour,
                _ => 0UL,
            };
            rest = rest[unitLength..];
            if (unit == 0 || units > (1UL << 63) / unit)
            {
                return false;
            }

            total += units * unit;
            var scale = 1.0;
            ulong part = 0;
            foreach (var digit in decimals)
            {
                if (part < ulong.MaxValue / 100)
                {
                    part = (part * 10) + (ulong)(digit - '0');
                    scale *= 10;
                }
            }

            total += (ulong)(part * (unit / scale));
            if (total > 1UL << 63)
            {
                return false;
            }
        }

        if (negative)
        {
            nanoseconds = unchecked(-(long)total);
            return true;
        }

        nanoseconds = unchecked((long)total);
        return total <= long.MaxValue;
    }

    /// <summary>The form of Go's <c>Duration.String</c>: <c>1h30m0s</c>, <c>1.5s</c>, <c>100ms</c>.</summary>
    public static string GoString(long nanoseconds)
    {
        if (nanoseconds == 0)
        {
            return "0s";
        }

        var negative = nanoseconds < 0;
        var left = negative ? (ulong)-(nanoseconds + 1) + 1 : (ulong)nanoseconds;
        var text = new StringBuilder(negative ? "-" : "");
        if (left < Second)
        {
            var (unit, name) = left < Microsecond ? (1UL, "ns") : left < Millisecond ? ((ulong)Microsecond, "µs") : ((ulong)Millisecond, "ms");
            return text.Append(left / unit).Append(Fraction(left % unit, unit)).Append(name).ToString();
        }

        var hours = left / Hour;
        var minutes = left / Minute % 60;
        var seconds = left / Second % 60;
        if (hours > 0)
        {
            text.Append(hours).Append('h');
        }

        if (hours > 0 || minutes > 0)
        {
            text.Append(minutes).Append('m');
        }

        return text.Append(seconds).Append(Fraction(left % Second, Second)).Append('s').ToString();
    }

    /// <summary>The form of <c>string(duration)</c>: seconds with as many decimals as needed, <c>90s</c>.</summary>
    public static string SecondsString(long nanoseconds)
    {
        var negative = nanoseconds < 0;
        var left = negative ? (ulong)-(nanoseconds + 1) + 1 : (ulong)nanoseconds;
        return $"{(negative ? "-" : "")}{left / Second}{Fraction(left % Second, Second)}s";
    }

    private static string Fraction(ulong part, ulong unit)
    {
        if (part == 0)
        {
            return "";
        }

        var digits = unit switch { Second => 9, Millisecond => 6, _ => 3 };
        return "." + part.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0').TrimEnd('0');
    }

    private static int LeadingDigits(ReadOnlySpan<char> text)
    {
        var count = 0;
        while (count < text.Length && char.IsAsciiDigit(text[count]))
        {
            count++;
        }

        return count;
    }
}
