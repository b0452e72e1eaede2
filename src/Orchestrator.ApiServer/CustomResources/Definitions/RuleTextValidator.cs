using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>The words of validation rules, before anybody compiles them.</summary>
internal static class RuleTextValidator
{
    private static readonly string[] Reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

    public static void Validate(JSONSchemaProps schema, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < schema.XValidations.Count; i++)
        {
            One(schema, schema.XValidations[i], path.Child("x-kubernetes-validations").Index(i), errors);
        }
    }

    private static void One(JSONSchemaProps schema, ValidationRule rule, FieldPath at, FieldErrorList errors)
    {
        var (text, message) = (rule.Rule.Trim(), rule.Message.Trim());
        if (text.Length == 0)
        {
            errors.Missing(at, "rule", "rule is not specified");
        }
        else if (rule.Message.Length > 0 && message.Length == 0)
        {
            errors.Invalid(at, "message", rule.Message, "must be non-empty if specified");
        }
        else if (HasBreaks(message))
        {
            errors.Invalid(at, "message", rule.Message, "must not contain line breaks");
        }
        else if (HasBreaks(text) && message.Length == 0)
        {
            errors.Missing(at, "message", "message must be specified if rule contains line breaks");
        }

        if (rule.MessageExpression.Length > 0 && rule.MessageExpression.Trim().Length == 0)
        {
            errors.Missing(at, "messageExpression", "messageExpression must be non-empty if specified");
        }

        if (rule.Reason is { } reason && !Reasons.Contains(reason))
        {
            errors.NotSupportedInOrder(at.Child("reason"), reason, Reasons);
        }

        if (rule.FieldPath.Length > 0 && rule.FieldPath.Trim().Length == 0)
        {
            errors.Invalid(at, "fieldPath", rule.FieldPath, "must be non-empty if specified");
        }

        if (HasBreaks(rule.FieldPath))
        {
            errors.Invalid(at, "fieldPath", rule.FieldPath, "must not contain line breaks");
        }

        if (rule.FieldPath.Length > 0 && SchemaPath.Find(schema, rule.FieldPath, allowKeys: true).Fault is not null)
        {
            errors.Invalid(at, "fieldPath", rule.FieldPath, "must be a valid path");
        }
    }

    private static bool HasBreaks(string text) => text.AsSpan().ContainsAny('\n', '\r');
}
