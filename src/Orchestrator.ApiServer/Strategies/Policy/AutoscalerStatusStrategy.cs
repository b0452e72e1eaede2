using Orchestrator.Api.Autoscaling.V2;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Policy;

internal sealed class AutoscalerStatusStrategy : StatusStrategy<HorizontalPodAutoscaler>
{
    protected override void Check(HorizontalPodAutoscaler obj, HorizontalPodAutoscaler old, FieldErrorList errors)
    {
        errors.NonNegative(FieldPath.Status, "currentReplicas", obj.Status.CurrentReplicas);
        errors.NonNegative(FieldPath.Status, "desiredReplicas", obj.Status.DesiredReplicas);
    }
}
