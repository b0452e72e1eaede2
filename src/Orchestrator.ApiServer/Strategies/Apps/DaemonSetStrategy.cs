using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Apps;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Strategies.Apps;

internal sealed class DaemonSetStrategy : ObjectStrategy<DaemonSet>
{
    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        if (old is null || GenerationOf((DaemonSet)old) != GenerationOf((DaemonSet)obj))
        {
            PodWarnings.ForTemplate(((DaemonSet)obj).Spec.Template, FieldPath.Spec.Child("template"), ((DaemonSet?)old)?.Spec.Template, context.Warnings);
        }
    }

    protected override void Prepare(DaemonSet obj, StrategyContext context)
    {
        DisabledFields.Drop(obj.Spec.Template.Spec);
        SetTemplateGeneration(obj, Math.Max(GenerationOf(obj), 1));
    }

    protected override void PrepareUpdate(DaemonSet obj, DaemonSet old, StrategyContext context)
    {
        DisabledFields.Drop(obj.Spec.Template.Spec);
        var generation = GenerationOf(old);
        SetTemplateGeneration(obj, Semantic.Equal(obj.Spec.Template, old.Spec.Template) ? generation : generation + 1);
    }

    protected override void Check(DaemonSet obj, FieldErrorList errors)
    {
        var (spec, path) = (obj.Spec, FieldPath.Spec);
        SelectorValidator.Validate(spec.Selector, path.Child("selector"), errors);
        if (spec.Selector is { } selector)
        {
            if (Selectors.IsConvertible(selector) && !Selectors.Matches(selector, spec.Template.Metadata.Labels))
            {
                Mismatch();
            }

            if (selector.MatchLabels.Count + selector.MatchExpressions.Count == 0)
            {
                errors.Invalid(path, "selector", selector, "empty selector is invalid for daemonset");
            }
        }
        else
        {
            Mismatch();
        }

        PodValidator.Template(spec.Template, path.Child("template"), errors);
        var pod = path.Child("template").Child("spec");
        if (spec.Template.Spec.RestartPolicy is not ("Always" or ""))
        {
            errors.NotSupportedInOrder(pod.Child("restartPolicy"), spec.Template.Spec.RestartPolicy, "Always");
        }

        if (spec.Template.Spec.ActiveDeadlineSeconds is not null)
        {
            errors.Forbidden(pod, "activeDeadlineSeconds", "activeDeadlineSeconds in DaemonSet is not Supported");
        }

        errors.NonNegative(path, "minReadySeconds", spec.MinReadySeconds);
        Strategy(spec.UpdateStrategy, path.Child("updateStrategy"), errors);
        errors.NonNegative(path, "revisionHistoryLimit", spec.RevisionHistoryLimit);

        void Mismatch() => errors.Invalid(
            path.Child("template").Child("metadata"), "labels", WorkloadValidator.Labels(spec.Template), "`selector` does not match template `labels`");
    }

    protected override void CheckUpdate(DaemonSet obj, DaemonSet old, FieldErrorList errors)
    {
        // Upstream holds a changed object to the rules of a new one and then to the spec's again: each fault of the spec is two causes.
        Check(obj, errors);
        Check(obj, errors);
        errors.Immutable(FieldPath.Spec, "selector", obj.Spec.Selector, old.Spec.Selector);
    }

    private static void Strategy(DaemonSetUpdateStrategy strategy, FieldPath path, FieldErrorList errors)
    {
        switch (strategy.Type)
        {
            case "OnDelete":
                break;
            case "RollingUpdate":
                var at = path.Child("rollingUpdate");
                if (strategy.RollingUpdate is not { } rolling)
                {
                    errors.Required(at);
                    break;
                }

                var (unavailable, surge) = (rolling.MaxUnavailable ?? default, rolling.MaxSurge ?? default);
                WorkloadValidator.CountOrPercent(unavailable, at, "maxUnavailable", errors);
                WorkloadValidator.CountOrPercent(surge, at, "maxSurge", errors);
                var (noneAway, noneMore) = (WorkloadValidator.IsZero(unavailable), WorkloadValidator.IsZero(surge));
                WorkloadValidator.NotAboveHundredPercent(unavailable, at, "maxUnavailable", errors);
                WorkloadValidator.NotAboveHundredPercent(surge, at, "maxSurge", errors);
                if (!noneAway && !noneMore)
                {
                    errors.Invalid(at, "maxSurge", surge, "may not be set when maxUnavailable is non-zero");
                }

                if (noneAway && noneMore)
                {
                    errors.Missing(at, "maxUnavailable", "cannot be 0 when maxSurge is 0");
                }

                break;
            default:
                errors.NotSupportedInOrder(path, new InternalValue(strategy), "RollingUpdate", "OnDelete");
                break;
        }
    }

    private static long GenerationOf(DaemonSet set) =>
        long.TryParse(set.Metadata.Annotations.GetValueOrDefault(AppsDefaults.TemplateGeneration), NumberStyles.None, CultureInfo.InvariantCulture, out var generation) ? generation : 0;

    private static void SetTemplateGeneration(DaemonSet set, long generation) =>
        set.Own<ObjectMeta>(ApiObject.MetadataSlot).OwnMap<string>(ObjectMeta.Fields.Annotations).SetSlot(AppsDefaults.TemplateGeneration, generation.ToString(CultureInfo.InvariantCulture));
}
