using Orchestrator.Api.Apps.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Apps;

internal sealed class DaemonSetStatusStrategy : StatusStrategy<DaemonSet>
{
    protected override void Check(DaemonSet obj, DaemonSet old, FieldErrorList errors)
    {
        var (status, path) = (obj.Status, FieldPath.Status);
        errors.NonNegative(path, "currentNumberScheduled", status.CurrentNumberScheduled);
        errors.NonNegative(path, "numberMisscheduled", status.NumberMisscheduled);
        errors.NonNegative(path, "desiredNumberScheduled", status.DesiredNumberScheduled);
        errors.NonNegative(path, "numberReady", status.NumberReady);
        errors.NonNegative(path, "observedGeneration", status.ObservedGeneration);
        errors.NonNegative(path, "updatedNumberScheduled", status.UpdatedNumberScheduled);
        errors.NonNegative(path, "numberAvailable", status.NumberAvailable);
        errors.NonNegative(path, "numberUnavailable", status.NumberUnavailable);
        if (status.CollisionCount is { } collisions)
        {
            errors.NonNegative(path, "collisionCount", collisions);
        }

        if (old.Status.CollisionCount is { } before && (status.CollisionCount ?? 0) < before)
        {
            errors.Invalid(path, "collisionCount", status.CollisionCount ?? 0, "cannot be decremented");
        }
    }
}
