using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.ReplicaSets;

namespace Orchestrator.Controllers.ReplicationControllers;

/// <summary>ReplicationControllers: ReplicaSets' elder form, with a plain map as selector.</summary>
internal sealed class ReplicationControllerController(ControllerContext context)
    : ReplicaController<ReplicationController>("replicationcontroller-controller", "replication-controller", context)
{
    protected override ReplicaTarget TargetOf(ReplicationController set) =>
        new(set.Spec.Replicas ?? 1, set.Spec.MinReadySeconds, LabelMatcher.FromMap(set.Spec.Selector), set.Spec.Template ?? PodTemplateSpec.Empty);

    protected override ReplicationController WithStatus(ReplicationController set, ReplicaCounts counts)
    {
        var status = set.Status with
        {
            Replicas = counts.Replicas,
            FullyLabeledReplicas = counts.FullyLabeled,
            ReadyReplicas = counts.Ready,
            AvailableReplicas = counts.Available,
            ObservedGeneration = set.Metadata.Generation,
            Conditions = WithFailure(set.Status.Conditions, counts),
        };
        return status.Equals(set.Status) ? set : set with { Status = status };
    }

    private ApiList<ReplicationControllerCondition> WithFailure(ApiList<ReplicationControllerCondition> conditions, ReplicaCounts counts)
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
