using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Jobs;

/// <summary>What the Job controller knows of pods. Pure.</summary>
internal static class JobPods
{
    public const string Finalizer = "batch.kubernetes.io/job-tracking";
    public const string IndexAnnotation = "batch.kubernetes.io/job-completion-index";
    public const string FailureCountAnnotation = "batch.kubernetes.io/job-index-failure-count";
    public const string IgnoredFailureCountAnnotation = "batch.kubernetes.io/job-index-ignored-failure-count";

    public static bool IsIndexed(Job job) => job.Spec.CompletionMode == "Indexed";

    public static bool ReplacesOnlyFailed(Job job) => job.Spec.PodReplacementPolicy == "Failed";

    public static bool HasFinalizer(Pod pod) => pod.Metadata.Finalizers.Contains(Finalizer);

    /// <summary>Failed, or on its way out where that counts the same.</summary>
    public static bool IsFailed(Job job, Pod pod) =>
        pod.Status.Phase == "Failed"
        || (pod.IsBeingDeleted && pod.Status.Phase != "Succeeded" && !ReplacesOnlyFailed(job));

    public static bool IsTerminating(Pod pod) => pod.IsBeingDeleted && !pod.IsTerminal;

    /// <summary>The pod's completion index; -1 if it has none.</summary>
    public static int IndexOf(Pod pod) =>
        pod.Metadata.Annotations.TryGetValue(IndexAnnotation, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : -1;

    public static int FailureCount(Pod pod) => Number(pod, FailureCountAnnotation);

    public static int IgnoredFailureCount(Pod pod) => Number(pod, IgnoredFailureCountAnnotation);

    /// <summary>When the pod ended: its last container's end if all have ended, or what comes nearest.</summary>
    public static DateTimeOffset FinishTime(Pod pod, DateTimeOffset now)
    {
        DateTimeOffset? latest = null;
        foreach (var container in pod.Status.ContainerStatuses)
        {
            if (container.State.Terminated?.FinishedAt is not { } finished)
            {
                latest = null;
                break;
            }

            latest = latest is null || finished > latest ? finished : latest;
        }

        return latest
            ?? (pod.FindCondition("Ready") is { Status: "False" } unready ? unready.LastTransitionTime : null)
            ?? (pod.IsBeingDeleted ? pod.Metadata.DeletionTimestamp - TimeSpan.FromSeconds(pod.Metadata.DeletionGracePeriodSeconds ?? 0) : null)
            ?? pod.Metadata.CreationTimestamp
            ?? now;
    }

    /// <summary>The pod of a Job, or of one of its indexes.</summary>
    public static Pod New(Job job, int index, int failures, int ignoredFailures)
    {
        var pod = PodControl.FromTemplate(job.Spec.Template, job);
        pod = pod with { Metadata = pod.Metadata with { Finalizers = [.. pod.Metadata.Finalizers.Where(static f => f != Finalizer), Finalizer] } };
        if (index < 0)
        {
            return pod;
        }

        var number = index.ToString(CultureInfo.InvariantCulture);
        var annotations = pod.Metadata.Annotations.With(IndexAnnotation, number);
        if (job.Spec.BackoffLimitPerIndex is not null)
        {
            annotations = annotations.With(FailureCountAnnotation, failures.ToString(CultureInfo.InvariantCulture));
            if (ignoredFailures > 0)
            {
                annotations = annotations.With(IgnoredFailureCountAnnotation, ignoredFailures.ToString(CultureInfo.InvariantCulture));
            }
        }

        return pod with
        {
            Metadata = pod.Metadata with
            {
                // The name of a Job may leave no room for index, dashes and suffix.
                GenerateName = Cut(job.Metadata.Name, 63 - number.Length - 7) + "-" + number + "-",
                Labels = pod.Metadata.Labels.With(IndexAnnotation, number),
                Annotations = annotations,
            },
            Spec = pod.Spec with
            {
                Hostname = job.Metadata.Name + "-" + number,
                Containers = [.. pod.Spec.Containers.Select(WithIndexVariable)],
                InitContainers = [.. pod.Spec.InitContainers.Select(WithIndexVariable)],
            },
        };
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];

    private static Container WithIndexVariable(Container container) => container.Env.Any(static e => e.Name == "JOB_COMPLETION_INDEX")
        ? container
        : container with
        {
            Env =
            [
                .. container.Env,
                new() { Name = "JOB_COMPLETION_INDEX", ValueFrom = new() { FieldRef = new() { FieldPath = $"metadata.labels['{IndexAnnotation}']" } } },
            ],
        };

    private static int Number(Pod pod, string annotation) =>
        pod.Metadata.Annotations.TryGetValue(annotation, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
