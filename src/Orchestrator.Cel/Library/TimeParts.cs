using System.Globalization;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;
using static Orchestrator.Cel.Library.Declare;
using T = Orchestrator.Cel.Types.CelType;

namespace Orchestrator.Cel.Library;

/// <summary>Years, days and hours of moments, in UTC or a time zone; and the parts of durations.</summary>
internal static class TimeParts
{
    public static IEnumerable<CelFunction> Functions() =>
    [
        Of("getFullYear", "year", t => t.Year),
        Of("getMonth", "month", t => t.Month - 1),
        Of("getDayOfYear", "day_of_year", t => t.DayOfYear - 1),
        Of("getDayOfMonth", "day_of_month", t => t.Day - 1),
        Of("getDate", "day_of_month_1_based", t => t.Day),
        Of("getDayOfWeek", "day_of_week", t => (int)t.DayOfWeek),
        Of("getHours", "hours", t => t.Hour, CelDurations.Hour),
        Of("getMinutes", "minutes", t => t.Minute, CelDurations.Minute),
        Of("getSeconds", "seconds", t => t.Second, CelDurations.Second),
        Of("getMilliseconds", "milliseconds", t => t.Millisecond, 1_000_000),
    ];

    private static CelFunction Of(string name, string id, Func<DateTime, int> part, long unit = 0)
    {
        var overloads = new List<CelOverload>
        {
            Member($"timestamp_to_{id}", [T.Timestamp], T.Int, a => CelValue.Int(part(a[0].AsTimestamp.Utc))),
            Member(
                $"timestamp_to_{id}_with_tz",
                [T.Timestamp, T.String],
                T.Int,
                a => InZone(a[0].AsTimestamp, a[1].AsString, out var fault) is { } local ? CelValue.Int(part(local)) : CelValue.Error(fault)),
        };
        if (unit > 0)
        {
            overloads.Add(Member($"duration_to_{id}", [T.Duration], T.Int, a => CelValue.Int(a[0].AsNanoseconds / unit)));
        }

        return Function(name, [.. overloads]);
    }

    /// <summary>A moment's local time in a zone of the tz database, or at an offset as <c>+02:00</c>.</summary>
    private static DateTime? InZone(CelTimestamp moment, string zone, out string fault)
    {
        fault = "";
        var colon = zone.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
        {
            if (!int.TryParse(zone.AsSpan(0, colon), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var hours)
                || !int.TryParse(zone.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var minutes))
            {
                fault = $"strconv.Atoi: parsing {StandardLibrary.Quote(zone[..colon])}: invalid syntax";
                return null;
            }

            if (hours is < -23 or > 23)
            {
                fault = $"timezone offset hours out of range [-23, 23]: {zone}";
                return null;
            }

            var offset = (hours * 60) + (zone.StartsWith('-') ? -minutes : minutes);
            return Shifted(moment.Utc, offset);
        }

        if (zone is "" or "UTC" or "Local")
        {
            return moment.Utc;
        }

        if (TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var info))
        {
            return Shifted(moment.Utc, (long)info.GetUtcOffset(moment.Utc).TotalMinutes);
        }

        fault = $"unknown time zone {zone}";
        return null;
    }

    // At the ends of the calendar another zone may lie in a year that there is not; the last moment there is stands for it.
    private static DateTime Shifted(DateTime moment, long minutes)
    {
        var ticks = moment.Ticks + (minutes * TimeSpan.TicksPerMinute);
        return new(Math.Clamp(ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks), DateTimeKind.Utc);
    }
}
