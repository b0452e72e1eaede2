using System.Text.RegularExpressions;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Validation;

/// <summary>Conditions of meta/v1.</summary>
internal static partial class ConditionValidator
{
    private const int ReasonMax = 1024;
    private const int MessageMax = 32768;
    private const string ReasonPattern = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";

    public static void Validate(ApiList<Condition> conditions, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < conditions.Count; i++)
        {
            var condition = conditions[i];
            var at = path.Index(i);
            if (conditions.Take(i).Any(c => c.Type == condition.Type))
            {
                errors.Duplicate(at.Child("type"), condition.Type);
            }

            errors.InvalidEach(at, "type", condition.Type, Formats.QualifiedName(condition.Type));
            errors.OneOf(at, "status", condition.Status, "False", "True", "Unknown");
            errors.NonNegative(at, "observedGeneration", condition.ObservedGeneration);
            if (condition.LastTransitionTime is null)
            {
                errors.Missing(at, "lastTransitionTime");
            }

            if (condition.Reason.Length == 0)
            {
                errors.Missing(at, "reason");
            }
            else
            {
                if (!Reason().IsMatch(condition.Reason))
                {
                    errors.Invalid(at, "reason", condition.Reason, Formats.Pattern("a condition reason must start with alphabetic character, optionally followed by a string of"
                        + " alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'", ReasonPattern, "my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"));
                }

                if (condition.Reason.Length > ReasonMax)
                {
                    errors.TooLong(at.Child("reason"), ReasonMax);
                }
            }

            if (condition.Message.Length > MessageMax)
            {
                errors.TooLong(at.Child("message"), MessageMax);
            }
        }
    }

    [GeneratedRegex("^" + ReasonPattern + "\\z")]
    private static partial Regex Reason();
}
