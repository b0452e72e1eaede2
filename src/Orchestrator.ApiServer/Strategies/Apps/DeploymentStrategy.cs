using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Apps;

namespace Orchestrator.ApiServer.Strategies.Apps;

internal sealed class DeploymentStrategy : ObjectStrategy<Deployment>
{
    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        if (old is not null && old.Metadata.Generation == obj.Metadata.Generation)
        {
            // Warnings about what has been there all along help nobody.
            return;
        }

        PodWarnings.ForWorkloadName(obj.Metadata, old is null, context.Warnings);
        PodWarnings.ForTemplate(((Deployment)obj).Spec.Template, FieldPath.Spec.Child("template"), ((Deployment?)old)?.Spec.Template, context.Warnings);
    }

    protected override void Prepare(Deployment obj, StrategyContext context) => DisabledFields.Drop(obj.Spec.Template.Spec);

    protected override void PrepareUpdate(Deployment obj, Deployment old, StrategyContext context) => DisabledFields.Drop(obj.Spec.Template.Spec);

    // Annotations are copied to ReplicaSets, so a change of them is work for the controller too.
    protected override bool IsNewGeneration(Deployment obj, Deployment old) =>
        !Semantic.Equal(obj.Spec, old.Spec) || !Semantic.Equal(obj.Metadata.Annotations, old.Metadata.Annotations);

    protected override void Check(Deployment obj, FieldErrorList errors)
    {
        var (spec, path) = (obj.Spec, FieldPath.Spec);
        errors.NonNegative(path, "replicas", spec.Replicas);
        if (WorkloadValidator.Selector(spec.Selector, "deployment", errors))
        {
            WorkloadValidator.Template(spec.Template, spec.Selector, "ReplicaSet", errors);
        }

        Rollout(spec, errors);
        errors.NonNegative(path, "minReadySeconds", spec.MinReadySeconds);
        errors.NonNegative(path, "revisionHistoryLimit", spec.RevisionHistoryLimit);
        if (spec.ProgressDeadlineSeconds is { } deadline)
        {
            errors.NonNegative(path, "progressDeadlineSeconds", deadline);
            if (deadline <= spec.MinReadySeconds)
            {
                errors.Invalid(path, "progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
            }
        }
    }

    protected override void CheckUpdate(Deployment obj, Deployment old, FieldErrorList errors)
    {
        Check(obj, errors);
        errors.Immutable(FieldPath.Spec, "selector", obj.Spec.Selector, old.Spec.Selector);
    }

    private static void Rollout(DeploymentSpec spec, FieldErrorList errors)
    {
        var path = FieldPath.Spec.Child("strategy");
        var strategy = spec.Strategy;
        switch (strategy.Type)
        {
            case "Recreate":
                if (strategy.RollingUpdate is not null)
                {
                    errors.Forbidden(path, "rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
                }

                break;
            case "RollingUpdate":
                var at = path.Child("rollingUpdate");
                if (strategy.RollingUpdate is not { } rolling)
                {
                    errors.Required(at, "this should be defaulted and never be nil");
                    break;
                }

                var (unavailable, surge) = (rolling.MaxUnavailable ?? default, rolling.MaxSurge ?? default);
                WorkloadValidator.CountOrPercent(unavailable, at, "maxUnavailable", errors);
                WorkloadValidator.CountOrPercent(surge, at, "maxSurge", errors);
                if (WorkloadValidator.IsZero(unavailable) && WorkloadValidator.IsZero(surge))
                {
                    errors.Invalid(at, "maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0");
                }

                WorkloadValidator.NotAboveHundredPercent(unavailable, at, "maxUnavailable", errors);
                break;
            default:
                errors.NotSupportedInOrder(path, new InternalValue(strategy), "Recreate", "RollingUpdate");
                break;
        }
    }
}
