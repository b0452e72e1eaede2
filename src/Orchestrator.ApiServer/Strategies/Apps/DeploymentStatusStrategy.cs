using Orchestrator.Api.Apps.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Apps;

namespace Orchestrator.ApiServer.Strategies.Apps;

internal sealed class DeploymentStatusStrategy() : StatusStrategy<Deployment>(StatusMetadata.Labels)
{
    protected override void Check(Deployment obj, Deployment old, FieldErrorList errors)
    {
        var (status, path) = (obj.Status, FieldPath.Status);
        errors.NonNegative(path, "observedGeneration", status.ObservedGeneration);
        errors.NonNegative(path, "replicas", status.Replicas);
        errors.NonNegative(path, "updatedReplicas", status.UpdatedReplicas);
        errors.NonNegative(path, "readyReplicas", status.ReadyReplicas);
        errors.NonNegative(path, "availableReplicas", status.AvailableReplicas);
        errors.NonNegative(path, "unavailableReplicas", status.UnavailableReplicas);
        if (status.CollisionCount is { } collisions)
        {
            errors.NonNegative(path, "collisionCount", collisions);
        }

        WorkloadValidator.Within(status.UpdatedReplicas, status.Replicas, "updatedReplicas", errors);
        WorkloadValidator.Within(status.ReadyReplicas, status.Replicas, "readyReplicas", errors);
        WorkloadValidator.Within(status.AvailableReplicas, status.Replicas, "availableReplicas", errors);
        if (status.AvailableReplicas > status.ReadyReplicas)
        {
            errors.Invalid(path, "availableReplicas", status.AvailableReplicas, "cannot be greater than readyReplicas");
        }

        if (old.Status.CollisionCount is { } before && (status.CollisionCount ?? 0) < before)
        {
            errors.Invalid(path, "collisionCount", status.CollisionCount ?? 0, "cannot be decremented");
        }
    }
}
