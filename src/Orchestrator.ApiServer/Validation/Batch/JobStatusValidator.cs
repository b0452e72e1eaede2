using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;

namespace Orchestrator.ApiServer.Validation.Batch;

/// <summary>
/// What a Job's controller writes, be it ours or another's. Most rules look only at what changed, so that a status which broke one before can still be
/// brought forward.
/// </summary>
internal static class JobStatusValidator
{
    private static readonly string[] Terminal = ["Failed", "Complete", "FailureTarget"];

    public static void Validate(Job job, Job old, FieldErrorList errors)
    {
        Counters(job.Status, errors);
        Conditions(job, old, errors);
        Finished(job, old, errors);
        Indexes(job, old, errors);
        Pods(job, old, errors);
        SuccessCriteria(job, errors);
        Transitions(job, old, errors);
    }

    private static void Counters(JobStatus status, FieldErrorList errors)
    {
        var path = FieldPath.Status;
        errors.NonNegative(path, "active", status.Active);
        errors.NonNegative(path, "succeeded", status.Succeeded);
        errors.NonNegative(path, "failed", status.Failed);
        errors.NonNegative(path, "ready", status.Ready);
        errors.NonNegative(path, "terminating", status.Terminating);
        if (status.UncountedTerminatedPods is not { } uncounted)
        {
            return;
        }

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

    private static void Conditions(Job job, Job old, FieldErrorList errors)
    {
        var (status, path) = (job.Status, FieldPath.Status);
        var complete = Is(status, "Complete");
        var completeChanged = Changed(job, old, "Complete");
        var timesChanged = status.CompletionTime != old.Status.CompletionTime;
        if ((completeChanged || Changed(job, old, "Failed")) && complete && Is(status, "Failed"))
        {
            Condition("cannot set Complete=True and Failed=true conditions", errors);
        }

        if ((completeChanged || Changed(job, old, "FailureTarget")) && complete && Is(status, "FailureTarget"))
        {
            Condition("cannot set Complete=True and FailureTarget=true conditions", errors);
        }

        if ((completeChanged || timesChanged) && status.CompletionTime is not null && !complete)
        {
            errors.Invalid(path, "completionTime", status.CompletionTime, "cannot set completionTime when there is no Complete=True condition");
        }

        if ((completeChanged || timesChanged) && status.CompletionTime is null && complete)
        {
            errors.Missing(path, "completionTime", "completionTime is required for Complete jobs");
        }

        if ((timesChanged || status.StartTime != old.Status.StartTime) && status is { CompletionTime: { } end, StartTime: { } start } && end < start)
        {
            errors.Invalid(path, "completionTime", end, "completionTime cannot be set before startTime");
        }

        if ((Changed(job, old, "Failed") || status.FailedIndexes != old.Status.FailedIndexes) && Is(status, "Failed") && !Is(status, "FailureTarget"))
        {
            Condition("cannot set Failed=True condition without the FailureTarget=true condition", errors);
        }

        if ((completeChanged || Changed(job, old, "SuccessCriteriaMet")) && complete && !Is(status, "SuccessCriteriaMet"))
        {
            Condition("cannot set Complete=True condition without the SuccessCriteriaMet=true condition", errors);
        }
    }

    private static void Finished(Job job, Job old, FieldErrorList errors)
    {
        var (status, before, path) = (job.Status, old.Status, FieldPath.Status);
        if (!IsFinished(status))
        {
            return;
        }

        var changed = !IsFinished(before);
        if ((changed || status.Active != before.Active) && status.Active > 0)
        {
            errors.Invalid(path, "active", status.Active, "active>0 is invalid for finished job");
        }

        // A suspended Job that wants no completions is complete without ever having started.
        if ((changed || status.StartTime != before.StartTime) && status.StartTime is null && job.Spec is not { Suspend: true, Completions: 0 })
        {
            errors.Missing(path, "startTime", "startTime is required for finished job");
        }

        if ((changed || !Semantic.Equal(status.UncountedTerminatedPods, before.UncountedTerminatedPods))
            && status.UncountedTerminatedPods is { } uncounted && uncounted.Failed.Count + uncounted.Succeeded.Count > 0)
        {
            errors.Invalid(path, "uncountedTerminatedPods", new InternalValue(uncounted), "uncountedTerminatedPods needs to be empty for finished job");
        }
    }

    private static void Indexes(Job job, Job old, FieldErrorList errors)
    {
        var (status, spec, path) = (job.Status, job.Spec, FieldPath.Status);
        var completedChanged = status.CompletedIndexes != old.Status.CompletedIndexes;
        var failedChanged = status.FailedIndexes != old.Status.FailedIndexes;
        if (completedChanged && spec.Completions is { } completions && IndexIntervals.Fault(status.CompletedIndexes, completions, out _) is { } fault)
        {
            errors.Invalid(path, "completedIndexes", status.CompletedIndexes, "error parsing completedIndexes: " + fault);
        }

        if (failedChanged && spec is { Completions: { } all, BackoffLimitPerIndex: not null } && status.FailedIndexes is { } failed
            && IndexIntervals.Fault(failed, all, out _) is { } worse)
        {
            errors.Invalid(path, "failedIndexes", failed, "error parsing failedIndexes: " + worse);
        }

        if (completedChanged && status.CompletedIndexes.Length > 0 && spec.CompletionMode != "Indexed")
        {
            errors.Invalid(path, "completedIndexes", status.CompletedIndexes, "cannot set non-empty completedIndexes when non-indexed completion mode");
        }

        if (failedChanged && spec.BackoffLimitPerIndex is null && status.FailedIndexes is { } unasked)
        {
            errors.Invalid(path, "failedIndexes", unasked, "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
        }

        if ((completedChanged || failedChanged) && spec.Completions is { } count && status.FailedIndexes is { } other
            && IndexIntervals.Overlap(status.CompletedIndexes, other, count) is { } index)
        {
            errors.Invalid(path, "failedIndexes", other, $"failedIndexes and completedIndexes overlap at index: {index}");
        }
    }

    private static void Pods(Job job, Job old, FieldErrorList errors)
    {
        var (status, before, path) = (job.Status, old.Status, FieldPath.Status);
        if ((IsFinished(status) != IsFinished(before) || status.Terminating != before.Terminating) && status.Terminating > 0 && IsFinished(status))
        {
            errors.Invalid(path, "terminating", status.Terminating, "terminating>0 is invalid for finished job");
        }

        if ((status.Ready != before.Ready || status.Active != before.Active) && status.Ready > status.Active)
        {
            errors.Invalid(path, "ready", status.Ready, "cannot set more ready pods than active");
        }
    }

    private static void SuccessCriteria(Job job, FieldErrorList errors)
    {
        var met = Is(job.Status, "SuccessCriteriaMet");
        if (met && Is(job.Status, "Failed"))
        {
            Condition("cannot set SuccessCriteriaMet=True and Failed=true conditions", errors);
        }

        if (met && Is(job.Status, "FailureTarget"))
        {
            Condition("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions", errors);
        }

        if (!met && job.Spec.SuccessPolicy is not null && Is(job.Status, "Complete"))
        {
            Condition("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True", errors);
        }
    }

    private static void Transitions(Job job, Job old, FieldErrorList errors)
    {
        var (status, before, path) = (job.Status, old.Status, FieldPath.Status);
        foreach (var type in Terminal)
        {
            if (Is(before, type) && !Is(status, type))
            {
                Condition($"cannot disable the terminal {type}=True condition", errors);
            }
        }

        if (status.Failed < before.Failed)
        {
            errors.Invalid(path, "failed", status.Failed, "cannot decrease the failed counter");
        }

        // Elastic indexed Jobs lose successes when they are scaled down.
        if (status.Succeeded < before.Succeeded && (job.Spec.CompletionMode != "Indexed" || job.Spec.Completions != job.Spec.Parallelism))
        {
            errors.Invalid(path, "succeeded", status.Succeeded, "cannot decrease the succeeded counter");
        }

        if (status.CompletionTime is { } time && before.CompletionTime is { } was && time != was)
        {
            errors.Invalid(path, "completionTime", time, "completionTime cannot be mutated");
        }

        // A Job that is resumed starts anew.
        var isResuming = Is(before, "Suspended") && status.Conditions.Any(static c => c is { Type: "Suspended", Status: "False" });
        if (before.StartTime is not null && status.StartTime != before.StartTime && job.Spec.Suspend != true && !isResuming)
        {
            errors.Missing(path, "startTime", "startTime cannot be removed for unsuspended job");
        }

        if (Is(before, "SuccessCriteriaMet") && !Is(status, "SuccessCriteriaMet"))
        {
            Condition("cannot disable the SuccessCriteriaMet=True condition", errors);
        }

        if (Is(before, "Complete") && !Is(before, "SuccessCriteriaMet") && Is(status, "SuccessCriteriaMet"))
        {
            Condition("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions", errors);
        }
    }

    private static void Condition(string detail, FieldErrorList errors) => errors.InvalidUntold(FieldPath.Status.Child("conditions"), detail);

    private static bool Changed(Job job, Job old, string type) => Is(job.Status, type) != Is(old.Status, type);

    private static bool IsFinished(JobStatus status) => Is(status, "Complete") || Is(status, "Failed");

    private static bool Is(JobStatus status, string type) => status.Conditions.Any(c => c.Type == type && c.Status == "True");
}
