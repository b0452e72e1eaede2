using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Validation.Apps;

/// <summary>What workloads share: selectors that must match their template, templates of pods that always restart, counters of replicas.</summary>
internal static class WorkloadValidator
{
    private const string NotMatching = "`selector` does not match template `labels`";

    /// <summary>The selector of a workload; the parsed one, or null if it is unusable.</summary>
    public static bool Selector(LabelSelector? selector, string kind, FieldErrorList errors, bool invalidIsFault = true)
    {
        var path = FieldPath.Spec.Child("selector");
        if (selector is null)
        {
            errors.Required(path);
            return true;
        }

        var before = errors.Count;
        SelectorValidator.Validate(selector, path, errors);
        if (selector.MatchLabels.Count + selector.MatchExpressions.Count == 0)
        {
            errors.Invalid(path, selector, "empty selector is invalid for " + kind);
        }

        if (errors.Count > before && !Selectors.IsConvertible(selector))
        {
            if (invalidIsFault)
            {
                errors.Invalid(path, selector, "invalid label selector");
            }

            return false;
        }

        return true;
    }

    public static void Template(PodTemplateSpec template, LabelSelector? selector, string kind, FieldErrorList errors)
    {
        var path = FieldPath.Spec.Child("template");
        if (selector is { } && selector.MatchLabels.Count + selector.MatchExpressions.Count > 0 && !Selectors.Matches(selector, template.Metadata.Labels))
        {
            errors.Invalid(path.Child("metadata"), "labels", Labels(template), NotMatching);
        }
        else if (selector is null)
        {
            errors.Invalid(path.Child("metadata"), "labels", Labels(template), NotMatching);
        }

        PodValidator.Template(template, path, errors);
        if (template.Spec.RestartPolicy is not ("Always" or ""))
        {
            errors.NotSupportedInOrder(path.Child("spec").Child("restartPolicy"), template.Spec.RestartPolicy, "Always");
        }

        if (template.Spec.ActiveDeadlineSeconds is not null)
        {
            errors.Forbidden(path.Child("spec"), "activeDeadlineSeconds", $"activeDeadlineSeconds in {kind} is not Supported");
        }
    }

    /// <summary>Counters of a ReplicaSet's or ReplicationController's status.</summary>
    public static void ReplicaStatus(int replicas, int fullyLabeled, int ready, int available, long observedGeneration, FieldErrorList errors)
    {
        var path = FieldPath.Status;
        errors.NonNegative(path, "replicas", replicas);
        errors.NonNegative(path, "fullyLabeledReplicas", fullyLabeled);
        errors.NonNegative(path, "readyReplicas", ready);
        errors.NonNegative(path, "availableReplicas", available);
        errors.NonNegative(path, "observedGeneration", observedGeneration);
        Within(fullyLabeled, replicas, "fullyLabeledReplicas", errors);
        Within(ready, replicas, "readyReplicas", errors);
        Within(available, replicas, "availableReplicas", errors);
        if (available > ready)
        {
            errors.Invalid(path, "availableReplicas", available, "cannot be greater than readyReplicas");
        }
    }

    public static void Within(int count, int replicas, string field, FieldErrorList errors)
    {
        if (count > replicas)
        {
            errors.Invalid(FieldPath.Status, field, count, "cannot be greater than status.replicas");
        }
    }

    /// <summary>A count or a percentage, not negative.</summary>
    public static void CountOrPercent(IntOrString value, FieldPath path, string field, FieldErrorList errors)
    {
        if (value.IsText)
        {
            errors.InvalidEach(path, field, value.Text, Formats.Percent(value.Text!));
        }
        else
        {
            errors.NonNegative(path, field, value.Int);
        }
    }

    public static void NotAboveHundredPercent(IntOrString value, FieldPath path, string field, FieldErrorList errors)
    {
        if (PercentOf(value) > 100)
        {
            errors.Invalid(path, field, value, "must not be greater than 100%");
        }
    }

    public static int? PercentOf(IntOrString value) => value.IsText && Formats.Percent(value.Text!).Count == 0 && int.TryParse(value.Text!.AsSpan(0, value.Text!.Length - 1), out var percent) ? percent : null;

    /// <summary>Whether a value is zero, be it as a number or a percentage.</summary>
    public static bool IsZero(IntOrString? value) => value is { } v && NumberOf(v) == 0;

    /// <summary>A number, or that of a percentage; a text that is neither counts as zero.</summary>
    private static int NumberOf(IntOrString value) =>
        !value.IsText ? value.Int : PercentOf(value) ?? (int.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0);

    public static void Collisions(int? count, int? old, FieldErrorList errors)
    {
        if (count is { } now)
        {
            errors.NonNegative(FieldPath.Status, "collisionCount", now);
        }

        if (old is { } before && (count is null || count < before))
        {
            errors.Invalid(FieldPath.Status, "collisionCount", count ?? 0, "cannot be decremented");
        }
    }

    /// <summary>The labels of a template as messages show them: null if there are none, unless they were given as an empty map.</summary>
    public static object? Labels(PodTemplateSpec template) => template.Metadata.Slots[ObjectMeta.Fields.Labels];
}
