using Orchestrator.Api.Apps.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Apps;

namespace Orchestrator.ApiServer.Strategies.Apps;

internal sealed class StatefulSetStatusStrategy : StatusStrategy<StatefulSet>
{
    protected override void Check(StatefulSet obj, StatefulSet old, FieldErrorList errors)
    {
        var (status, path) = (obj.Status, FieldPath.Status);
        errors.NonNegative(path, "replicas", status.Replicas);
        errors.NonNegative(path, "readyReplicas", status.ReadyReplicas);
        errors.NonNegative(path, "currentReplicas", status.CurrentReplicas);
        errors.NonNegative(path, "updatedReplicas", status.UpdatedReplicas);
        errors.NonNegative(path, "availableReplicas", status.AvailableReplicas);
        errors.NonNegative(path, "observedGeneration", status.ObservedGeneration);
        if (status.CollisionCount is { } collisions)
        {
            errors.NonNegative(path, "collisionCount", collisions);
        }

        WorkloadValidator.Within(status.ReadyReplicas, status.Replicas, "readyReplicas", errors);
        WorkloadValidator.Within(status.CurrentReplicas, status.Replicas, "currentReplicas", errors);
        WorkloadValidator.Within(status.UpdatedReplicas, status.Replicas, "updatedReplicas", errors);
        WorkloadValidator.Within(status.AvailableReplicas, status.Replicas, "availableReplicas", errors);
        if (status.AvailableReplicas > status.ReadyReplicas)
        {
            errors.Invalid(path, "availableReplicas", status.AvailableReplicas, "cannot be greater than status.readyReplicas");
        }

        if (old.Status.CollisionCount is { } before && (status.CollisionCount ?? 0) < before)
        {
            errors.Invalid(path, "collisionCount", status.CollisionCount ?? 0, "cannot be decremented");
        }
    }
}
