using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Apps;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class ReplicationControllerStatusStrategy : StatusStrategy<ReplicationController>
{
    protected override void Check(ReplicationController obj, ReplicationController old, FieldErrorList errors) => WorkloadValidator.ReplicaStatus(
        obj.Status.Replicas, obj.Status.FullyLabeledReplicas, obj.Status.ReadyReplicas, obj.Status.AvailableReplicas, obj.Status.ObservedGeneration, errors);
}
