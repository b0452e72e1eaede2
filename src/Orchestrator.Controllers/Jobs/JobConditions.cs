using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;

namespace Orchestrator.Controllers.Jobs;

/// <summary>A Job's conditions.</summary>
internal static class JobConditions
{
    public const string Complete = "Complete";
    public const string Failed = "Failed";
    public const string FailureTarget = "FailureTarget";
    public const string SuccessCriteriaMet = "SuccessCriteriaMet";
    public const string Suspended = "Suspended";

    public static bool IsFinished(Job job) => job.Status.Conditions.Any(static c => c is { Type: Complete or Failed, Status: "True" });

    public static JobCondition? Find(this JobStatus status, string type) => status.Conditions.FirstOrDefault(c => c.Type == type);

    public static JobCondition New(string type, string status, string reason, string message, DateTimeOffset now) => new()
    {
        Type = type,
        Status = status,
        LastProbeTime = now,
        LastTransitionTime = now,
        Reason = reason,
        Message = message,
    };

    /// <summary>Sets a condition in place of one of its type.</summary>
    public static JobStatus With(this JobStatus status, JobCondition condition)
    {
        var conditions = status.Conditions.ToList();
        var i = conditions.FindIndex(c => c.Type == condition.Type);
        if (i < 0)
        {
            conditions.Add(condition);
        }
        else if (conditions[i].Status == condition.Status && conditions[i].Reason == condition.Reason && conditions[i].Message == condition.Message)
        {
            return status;
        }
        else
        {
            conditions[i] = condition;
        }

        return status with { Conditions = conditions.ToApiList() };
    }
}
