using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;

namespace Orchestrator.Controllers.Deployments;

/// <summary>A Deployment's conditions: getting, setting, and the reasons that steer rollouts.</summary>
internal static class DeploymentConditions
{
    public const string Available = "Available";
    public const string Progressing = "Progressing";
    public const string ReplicaFailure = "ReplicaFailure";

    public const string NewReplicaSetAvailable = "NewReplicaSetAvailable";
    public const string ReplicaSetUpdated = "ReplicaSetUpdated";
    public const string ProgressDeadlineExceeded = "ProgressDeadlineExceeded";
    public const string Paused = "DeploymentPaused";
    public const string Resumed = "DeploymentResumed";

    public static DeploymentCondition? Find(this DeploymentStatus status, string type)
    {
        foreach (var condition in status.Conditions)
        {
            if (condition.Type == type)
            {
                return condition;
            }
        }

        return null;
    }

    public static DeploymentStatus Without(this DeploymentStatus status, string type) =>
        status.Find(type) is null ? status : status with { Conditions = [.. status.Conditions.Where(c => c.Type != type)] };

    /// <summary>Sets a condition, unless it is there with the same status and reason. Same status: the transition time stays.</summary>
    public static DeploymentStatus With(this DeploymentStatus status, DeploymentCondition condition)
    {
        var old = status.Find(condition.Type);
        if (old is not null && old.Status == condition.Status && old.Reason == condition.Reason)
        {
            return status;
        }

        if (old is not null && old.Status == condition.Status)
        {
            condition = condition with { LastTransitionTime = old.LastTransitionTime };
        }

        return status with { Conditions = [.. status.Conditions.Where(c => c.Type != condition.Type), condition] };
    }

    public static DeploymentCondition New(string type, string status, string reason, string message, DateTimeOffset now) => new()
    {
        Type = type,
        Status = status,
        LastUpdateTime = now,
        LastTransitionTime = now,
        Reason = reason,
        Message = message,
    };
}
