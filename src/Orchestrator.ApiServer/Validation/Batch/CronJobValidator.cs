using System.Globalization;
using Orchestrator.Api.Batch.V1;

namespace Orchestrator.ApiServer.Validation.Batch;

/// <summary>Cron jobs.</summary>
internal static class CronJobValidator
{
    private static readonly (string Name, int Min, int Max)[] Fields = [("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 6)];
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    public static void Validate(CronJob job, CronJob? old, FieldErrorList errors)
    {
        var (spec, path) = (job.Spec, FieldPath.Spec);
        if (spec.Schedule.Length == 0)
        {
            errors.Missing(path, "schedule");
        }
        else
        {
            Schedule(spec, old?.Spec, errors);
        }

        errors.NonNegative(path, "startingDeadlineSeconds", spec.StartingDeadlineSeconds);
        TimeZone(spec.TimeZone, errors);
        errors.RequiredOneOf(path, "concurrencyPolicy", spec.ConcurrencyPolicy, "Allow", "Forbid", "Replace");
        JobTemplate(spec.JobTemplate, errors);
        errors.NonNegative(path, "successfulJobsHistoryLimit", spec.SuccessfulJobsHistoryLimit);
        errors.NonNegative(path, "failedJobsHistoryLimit", spec.FailedJobsHistoryLimit);
    }

    private static void Schedule(CronJobSpec spec, CronJobSpec? old, FieldErrorList errors)
    {
        if (ScheduleFault(spec.Schedule) is { } fault)
        {
            errors.Invalid(FieldPath.Spec, "schedule", spec.Schedule, fault);
        }

        if (spec.Schedule.Contains("TZ", StringComparison.Ordinal) && spec.TimeZone is not null)
        {
            errors.Invalid(FieldPath.Spec, "schedule", spec.Schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
        }
        else if (spec.Schedule.Contains("TZ", StringComparison.Ordinal) && spec.Schedule != old?.Schedule)
        {
            errors.Invalid(FieldPath.Spec, "schedule", spec.Schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        }
    }

    private static void TimeZone(string? zone, FieldErrorList errors)
    {
        if (zone is null)
        {
            return;
        }

        if (zone.Length == 0)
        {
            errors.Invalid(FieldPath.Spec, "timeZone", zone, "timeZone must be nil or non-empty string");
        }
        else if (zone.Equals("Local", StringComparison.OrdinalIgnoreCase))
        {
            errors.Invalid(FieldPath.Spec, "timeZone", zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
        }
        else if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
        {
            errors.Invalid(FieldPath.Spec, "timeZone", zone, "unknown time zone " + zone);
        }
    }

    private static void JobTemplate(JobTemplateSpec template, FieldErrorList errors)
    {
        var path = FieldPath.Spec.Child("jobTemplate");
        JobValidator.Spec(template.Spec, path.Child("spec"), errors);
        if (template.Spec.Selector is not null)
        {
            errors.Invalid(path.Child("spec"), "selector", template.Spec.Selector, "`selector` will be auto-generated");
        }

        if (template.Spec.ManualSelector == true)
        {
            errors.NotSupportedInOrder(path.Child("spec").Child("manualSelector"), true, "nil", "false");
        }
    }

    /// <summary>What is wrong with a schedule; null if nothing.</summary>
    private static string? ScheduleFault(string schedule)
    {
        if (schedule.StartsWith("TZ=", StringComparison.Ordinal) || schedule.StartsWith("CRON_TZ=", StringComparison.Ordinal))
        {
            var space = schedule.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0)
            {
                return $"provided bad location {schedule[(schedule.IndexOf('=', StringComparison.Ordinal) + 1)..]}";
            }

            schedule = schedule[space..].Trim();
        }

        if (schedule.StartsWith('@'))
        {
            return schedule is "@yearly" or "@annually" or "@monthly" or "@weekly" or "@daily" or "@midnight" or "@hourly" ? null
                : schedule.StartsWith("@every ", StringComparison.Ordinal) && Api.GoDuration.TryParse(schedule[7..], out _) ? null
                : schedule.StartsWith("@every ", StringComparison.Ordinal) ? $"failed to parse duration {schedule}: time: invalid duration {Api.Json.GoText.Quote(schedule[7..])}"
                : "unrecognized descriptor: " + schedule;
        }

        var fields = schedule.Split((char[])[' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5)
        {
            return $"expected exactly 5 fields, found {fields.Length}: [{string.Join(" ", fields)}]";
        }

        for (var i = 0; i < 5; i++)
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
        var (_, min, max) = Fields[field];
        var step = text.Split('/');
        var range = step[0].Split('-');
        if (step.Length > 2)
        {
            return "too many slashes: " + text;
        }

        int start, end;
        if (range[0] is "*" or "?")
        {
            (start, end) = (min, max);
        }
        else
        {
            if (range.Length > 2)
            {
                return "too many hyphens: " + text;
            }

            if (Number(range[0], field, out start) is { } bad)
            {
                return bad;
            }

            end = start;
            if (range.Length == 2 && Number(range[1], field, out end) is { } worse)
            {
                return worse;
            }

            if (range.Length == 1 && step.Length == 2)
            {
                end = max;
            }
        }

        if (step.Length == 2)
        {
            if (Number(step[1], -1, out var by) is { } bad)
            {
                return bad;
            }

            if (by == 0)
            {
                return "step of range should be a positive number: " + text;
            }
        }

        return start < min ? $"beginning of range ({start}) below minimum ({min}): {text}"
            : end > max ? $"end of range ({end}) above maximum ({max}): {text}"
            : start > end ? $"beginning of range ({start}) beyond end of range ({end}): {text}"
            : null;
    }

    private static string? Number(string text, int field, out int value)
    {
        var names = field switch { 3 => Months, 4 => Days, _ => [] };
        if (Array.IndexOf(names, text.ToLowerInvariant()) is var index and >= 0)
        {
            value = field == 3 ? index + 1 : index;
            return null;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
            ? value < 0 ? $"negative number ({value}) not allowed: {text}" : null
            : $"failed to parse int from {text}: strconv.Atoi: parsing {Api.Json.GoText.Quote(text)}: invalid syntax";
    }
}
