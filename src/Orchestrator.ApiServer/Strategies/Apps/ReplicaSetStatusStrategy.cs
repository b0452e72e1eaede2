using Orchestrator.Api.Apps.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Apps;

namespace Orchestrator.ApiServer.Strategies.Apps;

internal sealed class ReplicaSetStatusStrategy : StatusStrategy<ReplicaSet>
{
    protected override void Check(ReplicaSet obj, ReplicaSet old, FieldErrorList errors) => WorkloadValidator.ReplicaStatus(
        obj.Status.Replicas, obj.Status.FullyLabeledReplicas, obj.Status.ReadyReplicas, obj.Status.AvailableReplicas, obj.Status.ObservedGeneration, errors);
}
