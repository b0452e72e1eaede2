using Orchestrator.Api.Autoscaling.V2;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Autoscaling;

namespace Orchestrator.ApiServer.Strategies.Policy;

internal sealed class AutoscalerStrategy : ObjectStrategy<HorizontalPodAutoscaler>
{
    protected override void Check(HorizontalPodAutoscaler obj, FieldErrorList errors) => AutoscalerValidator.Validate(obj.Spec, null, errors);

    protected override void CheckUpdate(HorizontalPodAutoscaler obj, HorizontalPodAutoscaler old, FieldErrorList errors) => AutoscalerValidator.Validate(obj.Spec, old.Spec, errors);
}
