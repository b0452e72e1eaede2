using System.Globalization;

namespace Orchestrator.Grpc.Wire;

/// <summary>The <c>grpc-timeout</c> header: up to eight digits and a unit.</summary>
internal static class TimeoutHeader
{
    private const long ValueMax = 99_999_999;

    // From fine to coarse; the first unit in which the value fits keeps the most precision.
    private static readonly (char Unit, long Ticks)[] Units =
    [
        ('u', TimeSpan.TicksPerMicrosecond),
        ('m', TimeSpan.TicksPerMillisecond),
        ('S', TimeSpan.TicksPerSecond),
        ('M', TimeSpan.TicksPerMinute),
        ('H', TimeSpan.TicksPerHour),
    ];

    /// <summary>Writes a timeout, rounded up; what has passed is written as one microsecond.</summary>
    public static string Format(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero)
        {
            return "1u";
        }

        foreach (var (unit, ticks) in Units)
        {
            var value = ((timeout.Ticks - 1) / ticks) + 1;
            if (value <= ValueMax)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{value}{unit}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{ValueMax}H");
    }

    /// <summary>Reads a timeout; false if it is not one.</summary>
    public static bool TryParse(string? text, out TimeSpan timeout)
    {
        timeout = default;
        if (text is null || text.Length is < 2 or > 9
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        if (text[^1] == 'n')
        {
            timeout = TimeSpan.FromTicks((value + 99) / 100);
            return true;
        }

        foreach (var (unit, ticks) in Units)
        {
            if (unit == text[^1])
            {
                timeout = value > TimeSpan.MaxValue.Ticks / ticks ? TimeSpan.MaxValue : TimeSpan.FromTicks(value * ticks);
                return true;
            }
        }

        return false;
    }
}
