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

    private static void Requirement(LabelSelectorRequirement requirement, FieldPath path, FieldErrorList errors, bool allowInvalidValues)
    {
        switch (requirement.Operator)
        {
            case "In" or "NotIn":
                if (requirement.Values.Count == 0)
                {
                    errors.Missing(path, "values", "must be specified when `operator` is 'In' or 'NotIn'");
                }

                break;
            case "Exists" or "DoesNotExist":
                if (requirement.Values.Count > 0)
                {
                    errors.Forbidden(path, "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }

                break;
            default:
                errors.Invalid(path, "operator", requirement.Operator, "not a valid selector operator");
                break;
        }

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
}
