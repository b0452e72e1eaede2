using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Validation;

/// <summary>Label selectors.</summary>
internal static class SelectorValidator
{
    public static void Validate(LabelSelector? selector, FieldPath path, FieldErrorList errors, bool allowInvalidValues = false)
    {
        if (selector is null)
        {
            return;
        }

        foreach (var (key, value) in selector.MatchLabels)
        {
            errors.InvalidEach(path, "matchLabels", key, Formats.QualifiedName(key));
            errors.InvalidEach(path, "matchLabels", value, Formats.LabelValue(value));
        }

        for (var i = 0; i < selector.MatchExpressions.Count; i++)
        {
            Requirement(selector.MatchExpressions[i], path.Child("matchExpressions").Index(i), errors, allowInvalidValues);
        }
    }

    /// <summary>A requirement of an access review, whose operator may be one that only newer clients know.</summary>
    public static void Requirement(LabelSelectorRequirement requirement, FieldPath path, FieldErrorList errors, bool allowInvalidValues = false, bool allowUnknownOperator = false)
    {
        Operator(requirement.Operator, requirement.Values, path, errors, allowUnknownOperator);

        errors.InvalidEach(path, "key", requirement.Key, Formats.QualifiedName(requirement.Key));
        if (!allowInvalidValues)
        {
            for (var i = 0; i < requirement.Values.Count; i++)
            {
                if (Formats.LabelValue(requirement.Values[i]) is { Count: > 0 } faults)
                {
                    errors.InvalidEach(path.Child("values").Index(i), requirement.Values[i], faults);
                }
            }
        }
    }

    /// <inheritdoc cref="Requirement(LabelSelectorRequirement, FieldPath, FieldErrorList, bool, bool)"/>
    public static void Requirement(FieldSelectorRequirement requirement, FieldPath path, FieldErrorList errors)
    {
        if (requirement.Key.Length == 0)
        {
            errors.Missing(path, "key", "must be specified");
        }

        Operator(requirement.Operator, requirement.Values, path, errors, allowUnknown: true);
    }

    private static void Operator(string name, ApiList<string> values, FieldPath path, FieldErrorList errors, bool allowUnknown)
    {
        switch (name)
        {
            case "In" or "NotIn":
                if (values.Count == 0)
                {
                    errors.Missing(path, "values", "must be specified when `operator` is 'In' or 'NotIn'");
                }

                break;
            case "Exists" or "DoesNotExist":
                if (values.Count > 0)
                {
                    errors.Forbidden(path, "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }

                break;
            default:
                if (!allowUnknown)
                {
                    errors.Invalid(path, "operator", name, "not a valid selector operator");
                }

                break;
        }
    }
}
