using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class PodStrategy : ObjectStrategy<Pod>
{
    public override long? GracePeriod(ApiObject obj, long? requestedSeconds)
    {
        var pod = (Pod)obj;
        var seconds = requestedSeconds ?? pod.Spec.TerminationGracePeriodSeconds ?? 0;
        if (pod.Spec.NodeName.Length == 0 || pod.Status.Phase is "Failed" or "Succeeded")
        {
            // Nothing runs that could end gracefully.
            return 0;
        }

        return seconds < 0 ? 1 : seconds;
    }

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        // A pod's spec hardly changes, and warnings about what has been there all along help nobody.
        if (old is null)
        {
            PodWarnings.ForPod((Pod)obj, null, context.Warnings);
        }
    }

    protected override void Prepare(Pod obj, StrategyContext context)
    {
        DisabledFields.Drop(obj.Spec);
        if (obj.Spec.TerminationGracePeriodSeconds < 0)
        {
            obj.Spec.Set(PodSpec.Fields.TerminationGracePeriodSeconds, 1L);
        }

        var status = new PodStatus { Phase = "Pending", QosClass = PodQos.Of(obj.Spec) };
        if (obj.Spec.SchedulingGates.Count > 0)
        {
            status = status with
            {
                Conditions =
                [
                    new PodCondition { Type = "PodScheduled", Status = "False", Reason = "SchedulingGated", Message = "Scheduling is blocked due to non-empty scheduling gates", LastTransitionTime = context.Time.NowSeconds() },
                ],
            };
        }

        obj.Set(Pod.Fields.Status, status);
        MatchLabelKeys.Apply(obj);
        AppArmorAnnotations.SetFields(obj, context.Warnings);
    }

    protected override void PrepareUpdate(Pod obj, Pod old, StrategyContext context) => DisabledFields.Drop(obj.Spec);

    protected override void Check(Pod obj, FieldErrorList errors) => PodValidator.Create(obj, errors);

    protected override void CheckUpdate(Pod obj, Pod old, FieldErrorList errors) => PodUpdateValidator.Validate(obj, old, errors);
}
