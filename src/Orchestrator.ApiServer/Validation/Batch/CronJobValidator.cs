using System.Text.RegularExpressions;
using Orchestrator.Api.Batch.V1;

namespace Orchestrator.ApiServer.Validation.Batch;

/// <summary>Cron jobs.</summary>
internal static partial class CronJobValidator
{
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
        if (old is null || old.Spec.TimeZone != spec.TimeZone)
        {
            TimeZone(spec.TimeZone, errors);
        }

        errors.RequiredOneOf(path, "concurrencyPolicy", spec.ConcurrencyPolicy, "Allow", "Forbid", "Replace");
        JobTemplate(spec.JobTemplate, errors);
        errors.NonNegative(path, "successfulJobsHistoryLimit", spec.SuccessfulJobsHistoryLimit);
        errors.NonNegative(path, "failedJobsHistoryLimit", spec.FailedJobsHistoryLimit);
    }

    private static void Schedule(CronJobSpec spec, CronJobSpec? old, FieldErrorList errors)
    {
        if (CronSchedule.Fault(spec.Schedule) is { } fault)
        {
            errors.Invalid(FieldPath.Spec, "schedule", spec.Schedule, fault);
        }

        if (!spec.Schedule.Contains("TZ", StringComparison.Ordinal))
        {
            return;
        }

        if (old?.Schedule.Contains("TZ", StringComparison.Ordinal) != true)
        {
            errors.Invalid(FieldPath.Spec, "schedule", spec.Schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        }
        else if (spec.TimeZone is not null)
        {
            errors.Invalid(FieldPath.Spec, "schedule", spec.Schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
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
            return;
        }

        if (zone.Split('/').Any(static part => part is "." or ".." || !TimeZonePart().IsMatch(part)))
        {
            errors.Invalid(FieldPath.Spec, "timeZone", zone, "unknown time zone " + zone);
            return;
        }

        if (zone.Equals("Local", StringComparison.OrdinalIgnoreCase))
        {
            errors.Invalid(FieldPath.Spec, "timeZone", zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
        }

        if (!TimeZones.IsKnown(zone))
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

    /// <summary>A component of a name in the time zone database.</summary>
    [GeneratedRegex("^(?!-)[A-Za-z._0-9+-]{1,14}\\z")]
    private static partial Regex TimeZonePart();
}
