using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;

namespace Orchestrator.Controllers.Deployments;

/// <summary>What a Deployment's status should say. Pure functions.</summary>
internal static class DeploymentStatusCalculator
{
    /// <summary>The counts and whether the Deployment is available; other conditions as they were.</summary>
    public static DeploymentStatus Counts(Deployment deployment, IReadOnlyList<ReplicaSet> all, ReplicaSet? newest, DateTimeOffset now)
    {
        var (actual, ready, available, terminating) = (0, 0, 0, 0);
        foreach (var set in all)
        {
            actual += set.Status.Replicas;
            ready += set.Status.ReadyReplicas;
            available += set.Status.AvailableReplicas;
            terminating += set.Status.TerminatingReplicas ?? 0;
        }

        var status = deployment.Status with
        {
            ObservedGeneration = deployment.Metadata.Generation,
            Replicas = actual,
            UpdatedReplicas = newest?.Status.Replicas ?? 0,
            ReadyReplicas = ready,
            AvailableReplicas = available,
            UnavailableReplicas = Math.Max(0, RolloutMath.TotalReplicas(all) - available),
            TerminatingReplicas = terminating,
        };
        return status.With(available >= RolloutMath.Replicas(deployment) - RolloutMath.MaxUnavailable(deployment)
            ? DeploymentConditions.New(DeploymentConditions.Available, "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", now)
            : DeploymentConditions.New(DeploymentConditions.Available, "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.", now));
    }

    /// <summary>The counts, and how the rollout gets on.</summary>
    public static DeploymentStatus Rollout(Deployment deployment, IReadOnlyList<ReplicaSet> all, ReplicaSet? newest, DateTimeOffset now)
    {
        var status = Counts(deployment, all, newest, now);
        if (!HasDeadline(deployment))
        {
            status = status.Without(DeploymentConditions.Progressing);
        }

        var current = deployment.Status.Find(DeploymentConditions.Progressing);
        var wasComplete = status.Replicas == status.UpdatedReplicas && current?.Reason == DeploymentConditions.NewReplicaSetAvailable;
        if (HasDeadline(deployment) && !wasComplete)
        {
            status = Progress(deployment, status, current, newest, now);
        }

        var failure = (newest is not null && newest.Status.Conditions.Any(IsFailure) ? newest.Status.Conditions : all.SelectMany(static s => s.Status.Conditions))
            .FirstOrDefault(IsFailure);
        return failure is null
            ? status.Without(DeploymentConditions.ReplicaFailure)
            : status.With(new()
            {
                Type = DeploymentConditions.ReplicaFailure,
                Status = failure.Status,
                LastTransitionTime = failure.LastTransitionTime,
                LastUpdateTime = failure.LastTransitionTime,
                Reason = failure.Reason,
                Message = failure.Message,
            });
    }

    /// <summary>All pods are of the newest template and available, and none of the old are left.</summary>
    public static bool IsComplete(Deployment deployment, DeploymentStatus status)
    {
        var desired = RolloutMath.Replicas(deployment);
        return status.UpdatedReplicas == desired && status.Replicas == desired && status.AvailableReplicas == desired
            && status.ObservedGeneration >= deployment.Metadata.Generation;
    }

    public static bool HasDeadline(Deployment deployment) => deployment.Spec.ProgressDeadlineSeconds is not null and not int.MaxValue;

    /// <summary>When to look whether the rollout is stuck; null if nothing can change by time alone.</summary>
    public static TimeSpan? StuckCheck(Deployment deployment, DeploymentStatus status, DateTimeOffset now)
    {
        var current = deployment.Status.Find(DeploymentConditions.Progressing);
        if (!HasDeadline(deployment) || current is null || IsComplete(deployment, status)
            || current.Reason is DeploymentConditions.ProgressDeadlineExceeded or DeploymentConditions.NewReplicaSetAvailable)
        {
            return null;
        }

        // A second more, since the deadline must have passed.
        var left = current.LastUpdateTime.GetValueOrDefault() + TimeSpan.FromSeconds(deployment.Spec.ProgressDeadlineSeconds!.Value) - now;
        return (left > TimeSpan.Zero ? left : TimeSpan.Zero) + TimeSpan.FromSeconds(1);
    }

    private static DeploymentStatus Progress(Deployment deployment, DeploymentStatus status, DeploymentCondition? current, ReplicaSet? newest, DateTimeOffset now)
    {
        var subject = newest is null ? $"Deployment \"{deployment.Metadata.Name}\"" : $"ReplicaSet \"{newest.Metadata.Name}\"";
        if (IsComplete(deployment, status))
        {
            return status.With(DeploymentConditions.New(
                DeploymentConditions.Progressing, "True", DeploymentConditions.NewReplicaSetAvailable, $"{subject} has successfully progressed.", now));
        }

        if (IsProgressing(deployment.Status, status))
        {
            var condition = DeploymentConditions.New(
                DeploymentConditions.Progressing, "True", DeploymentConditions.ReplicaSetUpdated, $"{subject} is progressing.", now);
            if (current is { Status: "True" })
            {
                condition = condition with { LastTransitionTime = current.LastTransitionTime };
            }

            // Replaced even when status and reason are the same: the update time is what the deadline counts from.
            return status.Without(DeploymentConditions.Progressing).With(condition);
        }

        return HasTimedOut(deployment, status, now)
            ? status.With(DeploymentConditions.New(
                DeploymentConditions.Progressing, "False", DeploymentConditions.ProgressDeadlineExceeded, $"{subject} has timed out progressing.", now))
            : status;
    }

    private static bool IsProgressing(DeploymentStatus old, DeploymentStatus status) =>
        status.UpdatedReplicas > old.UpdatedReplicas
        || status.Replicas - status.UpdatedReplicas < old.Replicas - old.UpdatedReplicas
        || status.ReadyReplicas > old.ReadyReplicas
        || status.AvailableReplicas > old.AvailableReplicas;

    private static bool HasTimedOut(Deployment deployment, DeploymentStatus status, DateTimeOffset now) => status.Find(DeploymentConditions.Progressing) switch
    {
        null or { Reason: DeploymentConditions.NewReplicaSetAvailable } => false,
        { Reason: DeploymentConditions.ProgressDeadlineExceeded } => true,
        var condition => condition.LastUpdateTime.GetValueOrDefault() + TimeSpan.FromSeconds(deployment.Spec.ProgressDeadlineSeconds!.Value) < now,
    };

    private static bool IsFailure(ReplicaSetCondition condition) => condition.Type == "ReplicaFailure";
}
