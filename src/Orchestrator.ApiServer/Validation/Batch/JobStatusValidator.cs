using Orchestrator.Api.Batch.V1;

namespace Orchestrator.ApiServer.Validation.Batch;

/// <summary>What the Job controller writes.</summary>
internal static class JobStatusValidator
{
    public static void Validate(Job job, Job old, FieldErrorList errors)
    {
        var (status, before, path) = (job.Status, old.Status, FieldPath.Status);
        errors.NonNegative(path, "active", status.Active);
        errors.NonNegative(path, "succeeded", status.Succeeded);
        errors.NonNegative(path, "failed", status.Failed);
        errors.NonNegative(path, "ready", status.Ready);
        errors.NonNegative(path, "terminating", status.Terminating);
        if (status.UncountedTerminatedPods is { } uncounted)
        {
            var seen = new HashSet<string>();
            foreach (var (list, field) in new[] { (uncounted.Succeeded, "succeeded"), (uncounted.Failed, "failed") })
            {
                for (var i = 0; i < list.Count; i++)
                {
                    var at = path.Child("uncountedTerminatedPods").Child(field).Index(i);
                    if (list[i].Length == 0)
                    {
                        errors.Invalid(at, list[i], "must not be empty");
                    }
                    else if (!seen.Add(list[i]))
                    {
                        errors.Duplicate(at, list[i]);
                    }
                }
            }
        }

        var complete = Is(status, "Complete");
        var failed = Is(status, "Failed");
        var finished = complete || failed;
        if (complete && failed)
        {
            errors.Invalid(FieldPath.Status.Child("conditions"), FieldError.Untold, "cannot set Complete=True and Failed=true conditions");
        }

        if (finished)
        {
            if (status.StartTime is null && !(job.Spec.Suspend == true))
            {
                errors.Missing(path, "startTime", "startTime is required for finished job");
            }

            if (status.Active > 0)
            {
                errors.Invalid(path, "active", status.Active, "active>0 is invalid for finished job");
            }

            if (status.Terminating > 0)
            {
                errors.Invalid(path, "terminating", status.Terminating, "terminating>0 is invalid for finished job");
            }
        }

        if (status.CompletionTime is not null && !complete)
        {
            errors.Invalid(path, "completionTime", status.CompletionTime, "cannot set completionTime when there is no Complete=True condition");
        }

        if (complete && status.CompletionTime is null)
        {
            errors.Missing(path, "completionTime", "completionTime is required for Complete jobs");
        }

        if (status is { CompletionTime: { } end, StartTime: { } start } && end < start)
        {
            errors.Invalid(path, "completionTime", end, "completionTime cannot be set before startTime");
        }

        foreach (var type in (string[])["Complete", "Failed"])
        {
            if (Is(before, type) && !Is(status, type))
            {
                errors.Invalid(path, "conditions", FieldError.Untold, $"cannot disable the terminal {type}=True condition");
            }
        }

        if (status.Succeeded < before.Succeeded)
        {
            errors.Invalid(path, "succeeded", status.Succeeded, "cannot decrease the succeeded counter");
        }

        if (status.Failed < before.Failed)
        {
            errors.Invalid(path, "failed", status.Failed, "cannot decrease the failed counter");
        }
    }

    private static bool Is(JobStatus status, string type) => status.Conditions.Any(c => c.Type == type && c.Status == "True");
}
