using Orchestrator.Api;

namespace Orchestrator.ApiServer.Printing;

/// <summary>How long ago something was, in the two greatest units that matter (upstream's HumanDuration).</summary>
internal static class Ages
{
    public static string Since(DateTimeOffset? time, DateTimeOffset now) => time is { } t ? Text(now - t) : "<unknown>";

    public static string Text(TimeSpan span)
    {
        var seconds = (long)span.TotalSeconds;
        if (span < TimeSpan.FromSeconds(-1) && seconds < -1)
        {
            return "<invalid>";
        }

        if (seconds < 0)
        {
            return "0s";
        }

        var (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
        return seconds < 120 ? seconds + "s"
            : minutes < 10 ? Two(minutes, "m", seconds % 60, "s")
            : minutes < 180 ? minutes + "m"
            : hours < 8 ? Two(hours, "h", minutes % 60, "m")
            : hours < 48 ? hours + "h"
            : hours < 192 ? Two(days, "d", hours % 24, "h")
            : days < 730 ? days + "d"
            : days < 2920 ? Two(days / 365, "y", days % 365, "d")
            : (days / 365) + "y";
    }

    private static string Two(long first, string firstUnit, long second, string secondUnit) =>
        second == 0 ? first + firstUnit : first + firstUnit + second + secondUnit;
}
