using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.ApiServer.Admission.Policies;

namespace Orchestrator.ApiServer.Validation.Admission;

/// <summary>The expressions of webhooks and policies: what must be said about each, before it is compiled.</summary>
internal static class ExpressionValidator
{
    private const int ConditionsMax = 64;
    private const int AuditAnnotationsMax = 20;
    private const int AuditExpressionBytesMax = 5 * 1024;

    private static readonly HashSet<string> Reserved =
    [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var",
        "void", "while",
    ];

    /// <summary>Match conditions.</summary>
    public static void Conditions(ApiList<MatchCondition> conditions, PolicyCompiler compiler, FieldPath path, FieldErrorList errors)
    {
        if (conditions.Count > ConditionsMax)
        {
            errors.TooMany(path, conditions.Count, ConditionsMax);
        }

        var names = new HashSet<string>();
        for (var i = 0; i < conditions.Count; i++)
        {
            var (condition, at) = (conditions[i], path.Index(i));
            if (IsBlank(condition.Expression))
            {
                errors.Missing(at, "expression");
            }
            else
            {
                // Upstream compiles and shows it without the spaces around it.
                Compiled(compiler.Condition(condition.Expression.Trim()), at, "expression", errors);
            }

            if (condition.Name.Length == 0)
            {
                errors.Missing(at, "name");
                continue;
            }

            errors.InvalidEach(at, "name", condition.Name, Formats.QualifiedName(condition.Name));
            if (!names.Add(condition.Name))
            {
                errors.Duplicate(at.Child("name"), condition.Name);
            }
        }
    }

    /// <summary>Variables, each of which later expressions may use.</summary>
    public static void Variables(ApiList<Variable> variables, PolicyCompiler compiler, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < variables.Count; i++)
        {
            var (variable, at) = (variables[i], path.Index(i));
            if (IsBlank(variable.Name))
            {
                errors.Missing(at, "name", "name is not specified");
            }
            else if (!IsIdentifier(variable.Name))
            {
                errors.Invalid(at, "name", variable.Name, "must be a valid CEL identifier");
            }

            if (IsBlank(variable.Expression))
            {
                errors.Missing(at, "expression", "expression is not specified");
            }
            else
            {
                Compiled(compiler.Variable(variable), at, "expression", errors);
            }
        }
    }

    public static void Validations(ApiList<Api.AdmissionRegistration.V1.Validation> validations, PolicyCompiler compiler, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < validations.Count; i++)
        {
            var (validation, at) = (validations[i], path.Index(i));
            if (IsBlank(validation.Expression))
            {
                errors.Missing(at, "expression", "expression is not specified");
            }
            else
            {
                Compiled(compiler.Condition(validation.Expression), at, "expression", errors);
            }

            if (validation.MessageExpression.Length > 0 && IsBlank(validation.MessageExpression))
            {
                errors.Invalid(at, "messageExpression", validation.MessageExpression, "must be non-empty if specified");
            }
            else if (validation.MessageExpression.Length > 0)
            {
                Compiled(compiler.Message(validation.MessageExpression), at, "messageExpression", errors);
            }

            if (validation.Message.Length > 0 && IsBlank(validation.Message))
            {
                errors.Invalid(at, "message", validation.Message, "must be non-empty if specified");
            }
            else if (validation.Message.Trim().AsSpan().ContainsAny('\n', '\r'))
            {
                errors.Invalid(at, "message", validation.Message, "must not contain line breaks");
            }

            if (validation.Reason is { } reason)
            {
                errors.OneOf(at, "reason", reason, "Forbidden", "Invalid", "RequestEntityTooLarge");
            }
        }
    }

    /// <summary>Audit annotations, whose keys stand behind the policy's name.</summary>
    public static void AuditAnnotations(
        ApiList<AuditAnnotation> annotations, string policyName, PolicyCompiler compiler, FieldPath path, FieldErrorList errors)
    {
        if (annotations.Count > AuditAnnotationsMax)
        {
            errors.Invalid(path, annotations, $"must not have more than {AuditAnnotationsMax} auditAnnotations");
        }

        var keys = new HashSet<string>();
        for (var i = 0; i < annotations.Count; i++)
        {
            var (annotation, at) = (annotations[i], path.Index(i));
            if (policyName.Length > 0)
            {
                var key = policyName + "/" + annotation.Key;
                errors.InvalidEach(at, "key", key, Formats.QualifiedName(key));
            }
            else
            {
                errors.Invalid(at, "key", annotation.Key, "requires metadata.name be non-empty");
            }

            var expression = annotation.ValueExpression.Trim();
            if (expression.Length == 0)
            {
                errors.Missing(at, "valueExpression", "valueExpression is not specified");
            }
            else if (System.Text.Encoding.UTF8.GetByteCount(expression) > AuditExpressionBytesMax)
            {
                errors.Missing(at, "valueExpression", $"must not exceed {AuditExpressionBytesMax} bytes in length");
            }
            else
            {
                Compiled(compiler.Annotation(expression) with { Text = annotation.ValueExpression }, at, "valueExpression", errors);
            }

            if (!keys.Add(annotation.Key))
            {
                errors.Duplicate(at.Child("key"), annotation.Key);
            }
        }
    }

    public static void Mutations(ApiList<Mutation> mutations, PolicyCompiler compiler, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < mutations.Count; i++)
        {
            var (mutation, at) = (mutations[i], path.Index(i));
            switch (mutation.PatchType)
            {
                case "":
                    errors.Missing(at, "patchType");
                    break;
                case "JSONPatch":
                    Patch(mutation.JsonPatch?.Expression, "jsonPatch", "JSONPatch", compiler.Operations, at, errors);
                    if (mutation.ApplyConfiguration is not null)
                    {
                        errors.Invalid(at, "applyConfiguration", "{applyConfiguration}", "must not be specified when patchType is JSONPatch");
                    }

                    break;
                case "ApplyConfiguration":
                    Patch(mutation.ApplyConfiguration?.Expression, "applyConfiguration", "ApplyConfiguration", compiler.Configuration, at, errors);
                    if (mutation.JsonPatch is not null)
                    {
                        errors.Invalid(at, "jsonPatch", "{jsonPatch}", "must not be specified when patchType is ApplyConfiguration");
                    }

                    break;
                default:
                    errors.NotSupportedInOrder(at.Child("patchType"), mutation.PatchType, "ApplyConfiguration", "JSONPatch");
                    break;
            }
        }
    }

    /// <summary>Whether a text is a name of the expression language.</summary>
    public static bool IsIdentifier(string name) => name.Length > 0 && (char.IsAsciiLetter(name[0]) || name[0] == '_')
        && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_') && !Reserved.Contains(name);

    /// <summary>What the compiler says of an expression.</summary>
    private static void Compiled(PolicyExpression expression, FieldPath path, string field, FieldErrorList errors)
    {
        if (expression.Fault.Length > 0)
        {
            errors.Invalid(path, field, expression.Text, expression.Fault);
        }
    }

    private static void Patch(string? expression, string field, string type, Func<string, PolicyExpression> compile, FieldPath path, FieldErrorList errors)
    {
        if (expression is null)
        {
            errors.Missing(path, field, $"must be specified when patchType is {type}");
        }
        else if (IsBlank(expression))
        {
            errors.Missing(path.Child(field), "expression");
        }
        else
        {
            Compiled(compile(expression), path.Child(field), "expression", errors);
        }
    }

    private static bool IsBlank(string text) => string.IsNullOrWhiteSpace(text);
}
