using System.Globalization;

namespace Orchestrator.Api;

/// <summary>Times of the API: RFC 3339, written in UTC with whole seconds (Time) or six fraction digits (MicroTime).</summary>
public static class ApiTime
{
    /// <summary>Cut to whole seconds, as the API keeps times.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset time)
    {
        var utc = time.UtcTicks;
        return new(utc - (utc % TimeSpan.TicksPerSecond), TimeSpan.Zero);
    }

    /// <summary>Now, as the API keeps times.</summary>
    public static DateTimeOffset NowSeconds(this TimeProvider time) => Truncate(time.GetUtcNow());

    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string FormatMicro(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Whether a well-formed time tells exactly six fraction digits, as Go wants them of a MicroTime.</summary>
    public static bool HasMicroseconds(ReadOnlySpan<char> text) => text.Length > 19 && text[19] is ('.' or ',') && text[20..].IndexOfAnyExceptInRange('0', '9') == 6;

    /// <summary>Strict RFC 3339 with any zone and up to nine fraction digits (more are cut to 100 ns).</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset time)
    {
        time = default;
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':'
            || !Number(text[..4], out var year) || !Number(text[5..7], out var month) || !Number(text[8..10], out var day)
            || !Number(text[11..13], out var hour) || !Number(text[14..16], out var minute) || !Number(text[17..19], out var second))
        {
            return false;
        }

        var position = 19;
        long fraction = 0;
        if (text[position] is '.' or ',')
        {
            var start = ++position;
            var scale = TimeSpan.TicksPerSecond / 10;
            while (position < text.Length && char.IsAsciiDigit(text[position]))
            {
                fraction += scale * (text[position] - '0');
                scale /= 10;
                position++;
            }

            if (position == start)
            {
                return false;
            }
        }

        var zone = text[position..];
        int offset;
        if (zone is "Z")
        {
            offset = 0;
        }
        else if (zone.Length == 6 && zone[0] is '+' or '-' && zone[3] == ':' && Number(zone[1..3], out var zoneHours) && Number(zone[4..6], out var zoneMinutes)
            && zoneHours < 24 && zoneMinutes < 60)
        {
            offset = ((zoneHours * 60) + zoneMinutes) * (zone[0] == '-' ? -1 : 1);
        }
        else
        {
            return false;
        }

        if (year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        var ticks = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks + fraction - (offset * TimeSpan.TicksPerMinute);
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks)
        {
            return false;
        }

        time = new DateTimeOffset(ticks, TimeSpan.Zero);
        return true;
    }

    private static bool Number(ReadOnlySpan<char> digits, out int value)
    {
        value = 0;
        foreach (var c in digits)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            value = (value * 10) + (c - '0');
        }

        return true;
    }
}
