using Orchestrator.Api;
using Orchestrator.Api.Autoscaling.V2;

namespace Orchestrator.ApiServer.Validation.Autoscaling;

/// <summary>What is scaled, between which bounds, and how fast.</summary>
internal static class AutoscalerValidator
{
    private const int WindowSecondsMax = 3600;
    private const int PeriodSecondsMax = 1800;

    public static void Validate(HorizontalPodAutoscalerSpec spec, HorizontalPodAutoscalerSpec? old, FieldErrorList errors)
    {
        var path = FieldPath.Spec;
        if (spec.MinReplicas < 1)
        {
            errors.Invalid(path, "minReplicas", spec.MinReplicas, "must be greater than or equal to 1");
        }

        if (spec.MaxReplicas == 0)
        {
            errors.Missing(path, "maxReplicas", "must be set and greater than 0");
        }
        else if (spec.MaxReplicas < 0)
        {
            errors.Invalid(path, "maxReplicas", spec.MaxReplicas, "must be greater than or equal to 1");
        }

        if (spec.MinReplicas is { } min && spec.MaxReplicas < min)
        {
            errors.Invalid(path, "maxReplicas", spec.MaxReplicas, "must be greater than or equal to `minReplicas`");
        }

        var keepsTarget = old is not null && old.ScaleTargetRef.ApiVersion == spec.ScaleTargetRef.ApiVersion && old.ScaleTargetRef.Kind == spec.ScaleTargetRef.Kind;
        Reference(spec.ScaleTargetRef, path.Child("scaleTargetRef"), errors, checksGroup: !keepsTarget && spec.ScaleTargetRef.Kind != "ReplicationController");
        var offNothing = false;
        for (var i = 0; i < spec.Metrics.Count; i++)
        {
            MetricValidator.Validate(spec.Metrics[i], path.Child("metrics").Index(i), errors);
            offNothing |= spec.Metrics[i].Type is "Object" or "External";
        }

        if (spec.MinReplicas == 0 && !offNothing)
        {
            errors.Forbidden(path, "metrics", "must specify at least one Object or External metric to support scaling to zero replicas");
        }

        if (spec.Behavior is { } behavior)
        {
            Rules(behavior.ScaleUp, path.Child("behavior").Child("scaleUp"), errors);
            Rules(behavior.ScaleDown, path.Child("behavior").Child("scaleDown"), errors);
        }
    }

    public static void Reference(CrossVersionObjectReference reference, FieldPath path, FieldErrorList errors, bool checksGroup)
    {
        Segment(reference.Kind, "kind");
        Segment(reference.Name, "name");
        if (reference.ApiVersion.Count(static c => c == '/') > 1)
        {
            errors.Invalid(path, "apiVersion", reference.ApiVersion, $"unexpected GroupVersion string: {reference.ApiVersion}");
        }
        else if (checksGroup && !reference.ApiVersion.Contains('/', StringComparison.Ordinal))
        {
            errors.Invalid(path, "apiVersion", reference.ApiVersion, "apiVersion must specify API group");
        }

        void Segment(string value, string field)
        {
            if (value.Length == 0)
            {
                errors.Missing(path, field);
            }
            else
            {
                errors.InvalidEach(path, field, value, Formats.PathSegment(value));
            }
        }
    }

    private static void Rules(HPAScalingRules? rules, FieldPath path, FieldErrorList errors)
    {
        if (rules is null)
        {
            return;
        }

        if (rules.StabilizationWindowSeconds < 0)
        {
            errors.Invalid(path, "stabilizationWindowSeconds", rules.StabilizationWindowSeconds, "must be greater than or equal to zero");
        }
        else if (rules.StabilizationWindowSeconds > WindowSecondsMax)
        {
            errors.Invalid(path, "stabilizationWindowSeconds", rules.StabilizationWindowSeconds, $"must be less than or equal to {WindowSecondsMax}");
        }

        if (rules.SelectPolicy is { } select)
        {
            errors.OneOf(path, "selectPolicy", select, "Disabled", "Max", "Min");
        }

        if (rules.Policies.Count == 0)
        {
            errors.Missing(path, "policies", "must specify at least one Policy");
        }

        for (var i = 0; i < rules.Policies.Count; i++)
        {
            var policy = rules.Policies[i];
            var at = path.Child("policies").Index(i);
            errors.OneOf(at, "type", policy.Type, "Percent", "Pods");
            if (policy.Value <= 0)
            {
                errors.Invalid(at, "value", policy.Value, "must be greater than zero");
            }

            if (policy.PeriodSeconds <= 0)
            {
                errors.Invalid(at, "periodSeconds", policy.PeriodSeconds, "must be greater than zero");
            }
            else if (policy.PeriodSeconds > PeriodSecondsMax)
            {
                errors.Invalid(at, "periodSeconds", policy.PeriodSeconds, $"must be less than or equal to {PeriodSecondsMax}");
            }
        }

        if (rules.Tolerance is { Sign: < 0 } tolerance)
        {
            errors.Invalid(path, "tolerance", tolerance, "must be greater than or equal to 0");
        }
    }
}
