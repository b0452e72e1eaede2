using Orchestrator.Api;

namespace Orchestrator.Controllers.CronJobs;

/// <summary>A schedule in cron's five fields, or one of the short forms (<c>@hourly</c>, <c>@every 5m</c> …), in a time zone.</summary>
/// <remarks>When the clocks go forward, times in the gap are left out; when they go back, times in the repeated hour come twice.</remarks>
internal sealed class CronSchedule
{
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private readonly TimeZoneInfo _zone;
    private readonly TimeSpan? _every;
    private readonly CronField _minutes;
    private readonly CronField _hours;
    private readonly CronField _daysOfMonth;
    private readonly CronField _months;
    private readonly CronField _daysOfWeek;

    private CronSchedule(TimeSpan every, TimeZoneInfo zone) => (_every, _zone) = (every, zone);

    private CronSchedule(string[] fields, TimeZoneInfo zone)
    {
        _zone = zone;
        _minutes = CronField.Parse(fields[0], 0, 59);
        _hours = CronField.Parse(fields[1], 0, 23);
        _daysOfMonth = CronField.Parse(fields[2], 1, 31);
        _months = CronField.Parse(fields[3], 1, 12, Months);
        _daysOfWeek = CronField.Parse(fields[4], 0, 6, Days);
    }

    /// <exception cref="FormatException">The text is no schedule.</exception>
    /// <exception cref="TimeZoneNotFoundException">The text names a time zone that is not known here.</exception>
    public static CronSchedule Parse(string text, TimeZoneInfo zone)
    {
        if (text.StartsWith("TZ=", StringComparison.Ordinal) || text.StartsWith("CRON_TZ=", StringComparison.Ordinal))
        {
            var space = text.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0)
            {
                throw new FormatException($"provided bad location {text}");
            }

            zone = TimeZoneInfo.FindSystemTimeZoneById(text[(text.IndexOf('=', StringComparison.Ordinal) + 1)..space]);
            text = text[space..].Trim();
        }

        if (text.StartsWith("@every ", StringComparison.Ordinal))
        {
            return GoDuration.TryParse(text[7..], out var every)
                ? new(every < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(Math.Floor(every.TotalSeconds)), zone)
                : throw new FormatException($"failed to parse duration {text}");
        }

        var expanded = text switch
        {
            "@yearly" or "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" or "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            _ when text.StartsWith('@') => throw new FormatException($"unrecognized descriptor: {text}"),
            _ => text,
        };
        var fields = expanded.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length == 5 ? new(fields, zone) : throw new FormatException($"expected exactly 5 fields, found {fields.Length}: {text}");
    }

    /// <summary>The first time after a moment; null if there is none within five years.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        if (_every is { } every)
        {
            return ApiTime.Truncate(after) + every;
        }

        var utc = after.UtcTicks;
        var time = new DateTimeOffset(utc - (utc % TimeSpan.TicksPerMinute), TimeSpan.Zero).AddMinutes(1);
        var limit = time.AddYears(5);
        while (time < limit)
        {
            var local = TimeZoneInfo.ConvertTime(time, _zone);
            if (!_months.Matches(local.Month) || !DayMatches(local))
            {
                time = NextLocalDay(time, local);
            }
            else if (!_hours.Matches(local.Hour))
            {
                time = time.AddMinutes(60 - local.Minute);
            }
            else if (!_minutes.Matches(local.Minute))
            {
                time = time.AddMinutes(1);
            }
            else
            {
                return time;
            }
        }

        return null;
    }

    // Days of month and of week restrict each other only if one of them is a star; else either suffices.
    private bool DayMatches(DateTimeOffset local)
    {
        var (byMonth, byWeek) = (_daysOfMonth.Matches(local.Day), _daysOfWeek.Matches((int)local.DayOfWeek));
        return _daysOfMonth.IsStar || _daysOfWeek.IsStar ? byMonth && byWeek : byMonth || byWeek;
    }

    private DateTimeOffset NextLocalDay(DateTimeOffset time, DateTimeOffset local)
    {
        // Hour by hour at the end, so that days of 23 and 25 hours are no matter.
        var next = time.AddMinutes(60 - local.Minute);
        var hours = Math.Max(0, 22 - local.Hour);
        next = next.AddHours(hours);
        while (TimeZoneInfo.ConvertTime(next, _zone).Date == local.Date)
        {
            next = next.AddHours(1);
        }

        return next;
    }
}
