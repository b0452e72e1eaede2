using System.Globalization;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Codecs;

namespace Orchestrator.ApiServer.Validation.Batch;

/// <summary>What the cron library says about a schedule: five fields, a descriptor, or a fixed interval, with an optional time zone in front.</summary>
internal static class CronSchedule
{
    private static readonly (int Min, int Max, string[] Names)[] Fields =
    [
        (0, 59, []),
        (0, 23, []),
        (1, 31, []),
        (1, 12, ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
        (0, 6, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ];

    /// <summary>What is wrong with a schedule; null if nothing.</summary>
    public static string? Fault(string schedule)
    {
        if (schedule.StartsWith("TZ=", StringComparison.Ordinal) || schedule.StartsWith("CRON_TZ=", StringComparison.Ordinal))
        {
            var start = schedule.IndexOf('=', StringComparison.Ordinal) + 1;
            var space = schedule.IndexOf(' ', StringComparison.Ordinal);
            var zone = space < 0 ? schedule[start..] : schedule[start..space];
            if (space < 0 || !TimeZones.IsKnown(zone))
            {
                return $"provided bad location {zone}: unknown time zone {zone}";
            }

            schedule = schedule[space..].Trim();
        }

        if (schedule.StartsWith('@'))
        {
            return schedule is "@yearly" or "@annually" or "@monthly" or "@weekly" or "@daily" or "@midnight" or "@hourly" ? null
                : !schedule.StartsWith("@every ", StringComparison.Ordinal) ? "unrecognized descriptor: " + schedule
                : DurationText.Fault(schedule[7..]) is { } fault ? $"failed to parse duration {schedule}: {fault}"
                : null;
        }

        var fields = schedule.Split((char[])[' ', '\t', '\n', '\v', '\f', '\r'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != Fields.Length)
        {
            return $"expected exactly 5 fields, found {fields.Length}: [{string.Join(" ", fields)}]";
        }

        for (var i = 0; i < fields.Length; i++)
        {
            foreach (var part in fields[i].Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                if (RangeFault(part, i) is { } fault)
                {
                    return fault;
                }
            }
        }

        return null;
    }

    private static string? RangeFault(string text, int field)
    {
        var (min, max, names) = Fields[field];
        var step = text.Split('/');
        var range = step[0].Split('-');
        long start, end;
        if (range[0] is "*" or "?")
        {
            (start, end) = (min, max);
        }
        else
        {
            if (Number(range[0], names, out start) is { } bad)
            {
                return bad;
            }

            end = start;
            if (range.Length == 2 && Number(range[1], names, out end) is { } worse)
            {
                return worse;
            }

            if (range.Length > 2)
            {
                return "too many hyphens: " + text;
            }
        }

        var by = 1L;
        if (step.Length == 2)
        {
            if (Number(step[1], [], out by) is { } bad)
            {
                return bad;
            }

            // A start with a step goes on to the end.
            end = range.Length == 1 ? max : end;
        }
        else if (step.Length > 2)
        {
            return "too many slashes: " + text;
        }

        return start < min ? $"beginning of range ({start}) below minimum ({min}): {text}"
            : end > max ? $"end of range ({end}) above maximum ({max}): {text}"
            : start > end ? $"beginning of range ({start}) beyond end of range ({end}): {text}"
            : by == 0 ? "step of range should be a positive number: " + text
            : null;
    }

    private static string? Number(string text, string[] names, out long value)
    {
        value = text.Length == 0 ? -1 : Array.IndexOf(names, text.ToLowerInvariant());
        if (value >= 0)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            return value < 0 ? $"negative number ({value}) not allowed: {text}" : null;
        }

        var digits = text.AsSpan(text.StartsWith('-') || text.StartsWith('+') ? 1 : 0);
        var isNumber = digits.Length > 0 && !digits.ContainsAnyExceptInRange('0', '9');
        return $"failed to parse int from {text}: strconv.Atoi: parsing {GoText.Quote(text)}: {(isNumber ? "value out of range" : "invalid syntax")}";
    }
}
