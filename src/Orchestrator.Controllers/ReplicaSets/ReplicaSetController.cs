using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.ReplicaSets;

/// <summary>ReplicaSets.</summary>
internal sealed class ReplicaSetController(ControllerContext context) : ReplicaController<ReplicaSet>("replicaset-controller", "replicaset-controller", context)
{
    protected override ReplicaTarget TargetOf(ReplicaSet set) =>
        new(set.Spec.Replicas ?? 1, set.Spec.MinReadySeconds, LabelMatcher.From(set.Spec.Selector), set.Spec.Template);

    protected override ReplicaSet WithStatus(ReplicaSet set, ReplicaCounts counts)
    {
        var status = set.Status with
        {
            Replicas = counts.Replicas,
            FullyLabeledReplicas = counts.FullyLabeled,
            ReadyReplicas = counts.Ready,
            AvailableReplicas = counts.Available,
            TerminatingReplicas = counts.Terminating,
            ObservedGeneration = set.Metadata.Generation,
            Conditions = WithFailure(set.Status.Conditions, counts),
        };
        return status.Equals(set.Status) ? set : set with { Status = status };
    }

    private ApiList<ReplicaSetCondition> WithFailure(ApiList<ReplicaSetCondition> conditions, ReplicaCounts counts)
    {
        var present = conditions.Any(static c => c.Type == "ReplicaFailure");
        if (counts.Failure is { } failure && !present)
        {
            return
            [
                .. conditions,
                new()
                {
                    Type = "ReplicaFailure",
                    Status = "True",
                    LastTransitionTime = Time.NowSeconds(),
                    Reason = counts.FailureReason,
                    Message = failure.Message,
                },
            ];
        }

        return counts.Failure is null && present ? [.. conditions.Where(static c => c.Type != "ReplicaFailure")] : conditions;
    }
}
