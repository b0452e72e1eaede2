using System.Globalization;
using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Values;

/// <summary>A moment from year 1 to 9999, to the nanosecond, in UTC.</summary>
public sealed class CelTimestamp(long seconds, int nanoseconds) : CelReference, IComparable<CelTimestamp>
{
    internal const long SecondsMin = -62135596800;
    internal const long SecondsMax = 253402300799;

    /// <summary>Seconds since 1970.</summary>
    public long Seconds => seconds;

    /// <summary>0 to 999,999,999.</summary>
    public int Nanoseconds => nanoseconds;

    public override CelKind Kind => CelKind.Timestamp;

    public override CelType RuntimeType => CelType.Timestamp;

    internal DateTime Utc => DateTime.UnixEpoch.AddTicks((seconds * TimeSpan.TicksPerSecond) + (nanoseconds / 100));

    /// <summary>Reads an RFC 3339 time, with an offset or Z.</summary>
    public static bool TryParse(string text, out CelTimestamp? timestamp)
    {
        timestamp = null;
        var t = text.AsSpan();
        if (t.Length < 20 || t[4] != '-' || t[7] != '-' || t[10] != 'T' || t[13] != ':' || t[16] != ':'
            || !Digits(t[..4], out var year) || !Digits(t[5..7], out var month) || !Digits(t[8..10], out var day)
            || !Digits(t[11..13], out var hour) || !Digits(t[14..16], out var minute) || !Digits(t[17..19], out var second)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        t = t[19..];
        var nanos = 0;
        if (t[0] is '.' or ',')
        {
            var digits = 1;
            while (digits < t.Length && char.IsAsciiDigit(t[digits]))
            {
                digits++;
            }

            if (digits == 1)
            {
                return false;
            }

            // Digits beyond the ninth are cut off.
            nanos = int.Parse(t[1..digits].ToString().PadRight(9, '0').AsSpan(0, 9), CultureInfo.InvariantCulture);
            t = t[digits..];
        }

        long offset = 0;
        if (t is not "Z")
        {
            if (t.Length != 6 || t[0] is not ('+' or '-') || t[3] != ':' || !Digits(t[1..3], out var hours) || !Digits(t[4..6], out var minutes) || hours > 24 || minutes > 59)
            {
                return false;
            }

            offset = ((hours * 60) + minutes) * 60 * (t[0] == '-' ? -1 : 1);
        }

        var local = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc);
        var seconds = ((local.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond) - offset;
        if (seconds is < SecondsMin or > SecondsMax)
        {
            return false;
        }

        timestamp = new(seconds, nanos);
        return true;
    }

    /// <summary>This moment plus nanoseconds; null beyond year 9999 or before year 1.</summary>
    internal CelTimestamp? Plus(long duration)
    {
        var total = ((Int128)seconds * CelDurations.Second) + nanoseconds + duration;
        var (whole, rest) = Int128.DivRem(total, CelDurations.Second);
        if (rest < 0)
        {
            rest += CelDurations.Second;
            whole--;
        }

        return whole < SecondsMin || whole > SecondsMax ? null : new((long)whole, (int)rest);
    }

    /// <summary>The time from another moment to this one in nanoseconds; null beyond 290 years.</summary>
    internal long? Minus(CelTimestamp other)
    {
        var difference = (((Int128)seconds - other.Seconds) * CelDurations.Second) + nanoseconds - other.Nanoseconds;
        return difference < long.MinValue || difference > long.MaxValue ? null : (long)difference;
    }

    public int CompareTo(CelTimestamp? other) =>
        other is null ? 1 : seconds != other.Seconds ? seconds.CompareTo(other.Seconds) : nanoseconds.CompareTo(other.Nanoseconds);

    public override bool ValueEquals(CelReference other) => other is CelTimestamp timestamp && CompareTo(timestamp) == 0;

    public override int ValueHash() => HashCode.Combine(seconds, nanoseconds);

    /// <summary>RFC 3339 with as many decimals as needed.</summary>
    public override string ToString()
    {
        var fraction = nanoseconds == 0 ? "" : "." + nanoseconds.ToString("000000000", CultureInfo.InvariantCulture).TrimEnd('0');
        return Utc.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) + fraction + "Z";
    }

    private static bool Digits(ReadOnlySpan<char> text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
