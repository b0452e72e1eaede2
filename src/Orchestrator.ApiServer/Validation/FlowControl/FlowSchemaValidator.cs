using Orchestrator.Api;
using Orchestrator.Api.FlowControl.V1;
using Orchestrator.ApiServer.FlowControl;

namespace Orchestrator.ApiServer.Validation.FlowControl;

/// <summary>Which requests go to which priority level.</summary>
internal static class FlowSchemaValidator
{
    private const int PrecedenceMax = 10000;
    private const string Every = "*";
    private static readonly string[] Verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

    public static void Validate(FlowSchema schema, FieldErrorList errors)
    {
        var (spec, path) = (schema.Spec, FieldPath.Spec);
        Precedence(spec.MatchingPrecedence, schema.Metadata.Name, path, errors);
        if (spec.DistinguisherMethod is { } method && method.Type is not ("ByNamespace" or "ByUser"))
        {
            errors.NotSupportedInOrder(path.Child("distinguisherMethod", "type"), new InternalValue(method), "ByNamespace", "ByUser");
        }

        var level = path.Child("priorityLevelConfiguration");
        if (spec.PriorityLevelConfiguration.Name is { Length: > 0 } name)
        {
            errors.InvalidEach(level, "name", name, Formats.DnsSubdomain(name));
        }
        else
        {
            errors.Missing(level, "name", "must reference a priority level");
        }

        for (var i = 0; i < spec.Rules.Count; i++)
        {
            Rule(spec.Rules[i], path.Child("rules").Index(i), errors);
        }

        if (FlowControlObjects.MandatorySchemas.TryGetValue(schema.Metadata.Name, out var mandatory) && !Semantic.Equal(spec, mandatory.Spec))
        {
            errors.Invalid(path, new InternalValue(spec), $"spec of '{schema.Metadata.Name}' must equal the fixed value");
        }

        Conditions(schema.Status.Conditions, static c => c.Type, errors);
    }

    /// <summary>Conditions of the objects of this group: a type each, each once.</summary>
    public static void Conditions<T>(ApiList<T> conditions, Func<T, string> type, FieldErrorList errors)
    {
        var seen = new HashSet<string>();
        for (var i = 0; i < conditions.Count; i++)
        {
            var path = FieldPath.Status.Child("conditions").Index(i);
            if (!seen.Add(type(conditions[i])))
            {
                errors.Duplicate(path.Child("type"), type(conditions[i]));
            }

            if (type(conditions[i]).Length == 0)
            {
                errors.Missing(path, "type", "must not be empty");
            }
        }
    }

    private static void Precedence(int precedence, string name, FieldPath path, FieldErrorList errors)
    {
        if (precedence <= 0)
        {
            errors.Invalid(path, "matchingPrecedence", precedence, "must be a positive value");
        }

        if (precedence > PrecedenceMax)
        {
            errors.Invalid(path, "matchingPrecedence", precedence, $"must not be greater than {PrecedenceMax}");
        }

        if (precedence == 1 && name != "exempt")
        {
            errors.Invalid(path, "matchingPrecedence", precedence, "only the schema named 'exempt' may have matchingPrecedence 1");
        }
    }

    private static void Rule(PolicyRulesWithSubjects rule, FieldPath path, FieldErrorList errors)
    {
        if (rule.Subjects.Count == 0)
        {
            errors.Missing(path, "subjects", "subjects must contain at least one value");
        }

        for (var i = 0; i < rule.Subjects.Count; i++)
        {
            Subject(rule.Subjects[i], path.Child("subjects").Index(i), errors);
        }

        if (rule.ResourceRules.Count == 0 && rule.NonResourceRules.Count == 0)
        {
            errors.Required(path, "at least one of resourceRules and nonResourceRules has to be non-empty");
        }

        for (var i = 0; i < rule.ResourceRules.Count; i++)
        {
            Resources(rule.ResourceRules[i], path.Child("resourceRules").Index(i), errors);
        }

        for (var i = 0; i < rule.NonResourceRules.Count; i++)
        {
            Urls(rule.NonResourceRules[i], path.Child("nonResourceRules").Index(i), errors);
        }
    }

    private static void Subject(Subject subject, FieldPath path, FieldErrorList errors)
    {
        switch (subject.Kind)
        {
            case "ServiceAccount":
                Account(subject.ServiceAccount, path.Child("serviceAccount"), errors);
                Unwanted(subject.User, "user", "User");
                Unwanted(subject.Group, "group", "Group");
                break;
            case "User":
                Named(subject.User, subject.User?.Name, "user", "User");
                Unwanted(subject.ServiceAccount, "serviceAccount", "ServiceAccount");
                Unwanted(subject.Group, "group", "Group");
                break;
            case "Group":
                Named(subject.Group, subject.Group?.Name, "group", "Group");
                Unwanted(subject.ServiceAccount, "serviceAccount", "ServiceAccount");
                Unwanted(subject.User, "user", "User");
                break;
            default:
                errors.NotSupportedInOrder(path.Child("kind"), subject.Kind, "Group", "ServiceAccount", "User");
                break;
        }

        void Unwanted(ApiStruct? value, string field, string kind)
        {
            if (value is not null)
            {
                errors.Forbidden(path, field, $"{field} is forbidden when subject kind is not '{kind}'");
            }
        }

        void Named(ApiStruct? value, string? name, string field, string kind)
        {
            if (value is null)
            {
                errors.Missing(path, field, $"{field} is required when subject kind is '{kind}'");
            }
            else if (name is null or "")
            {
                errors.Missing(path.Child(field), "name");
            }
        }
    }

    private static void Account(ServiceAccountSubject? account, FieldPath path, FieldErrorList errors)
    {
        if (account is null)
        {
            errors.Required(path, "serviceAccount is required when subject kind is 'ServiceAccount'");
            return;
        }

        if (account.Name.Length == 0)
        {
            errors.Missing(path, "name");
        }
        else if (account.Name != Every)
        {
            errors.InvalidEach(path, "name", account.Name, Formats.DnsSubdomain(account.Name));
        }

        if (account.Namespace.Length == 0)
        {
            errors.Missing(path, "namespace", "must specify namespace for service account");
        }
        else
        {
            errors.InvalidEach(path, "namespace", account.Namespace, Formats.DnsLabel(account.Namespace));
        }
    }

    private static void VerbsOf(ApiList<string> verbs, FieldPath path, FieldErrorList errors)
    {
        if (verbs.Count == 0)
        {
            errors.Missing(path, "verbs", "verbs must contain at least one value");
        }
        else if (verbs.Contains(Every))
        {
            if (verbs.Count > 1)
            {
                errors.Invalid(path, "verbs", verbs, "if '*' is present, must not specify other verbs");
            }
        }
        else if (verbs.Any(static v => !Verbs.Contains(v)))
        {
            errors.NotSupportedInOrder(path.Child("verbs"), verbs, Verbs);
        }
    }

    private static void Resources(ResourcePolicyRule rule, FieldPath path, FieldErrorList errors)
    {
        VerbsOf(rule.Verbs, path, errors);
        Wildcard(rule.ApiGroups, path, "apiGroups", "resource rules must supply at least one api group", "api groups", errors);
        Wildcard(rule.Resources, path, "resources", "resource rules must supply at least one resource", "resources", errors);
        if (rule.Namespaces.Count == 0 && !rule.ClusterScope)
        {
            errors.Missing(path, "namespaces", "resource rules that are not cluster scoped must supply at least one namespace");
        }
        else if (rule.Namespaces.Contains(Every))
        {
            if (rule.Namespaces.Count > 1)
            {
                errors.Invalid(path, "namespaces", rule.Namespaces, "if '*' is present, must not specify other namespaces");
            }
        }
        else
        {
            for (var i = 0; i < rule.Namespaces.Count; i++)
            {
                foreach (var fault in Formats.DnsLabel(rule.Namespaces[i]))
                {
                    errors.Invalid(path.Child("namespaces").Index(i), rule.Namespaces[i], "each member of this list must be '*' or a DNS-1123 label; " + fault);
                }
            }
        }
    }

    private static void Wildcard(ApiList<string> values, FieldPath path, string field, string missing, string what, FieldErrorList errors)
    {
        if (values.Count == 0)
        {
            errors.Missing(path, field, missing);
        }
        else if (values.Count > 1 && values.Contains(Every))
        {
            errors.Invalid(path, field, values, $"if '*' is present, must not specify other {what}");
        }
    }

    private static void Urls(NonResourcePolicyRule rule, FieldPath path, FieldErrorList errors)
    {
        VerbsOf(rule.Verbs, path, errors);
        Wildcard(rule.NonResourceURLs, path, "nonResourceURLs", "nonResourceURLs must contain at least one value", "non-resource URLs", errors);
        if (rule.NonResourceURLs.Contains(Every))
        {
            return;
        }

        for (var i = 0; i < rule.NonResourceURLs.Count; i++)
        {
            if (UrlFault(rule.NonResourceURLs[i]) is { } fault)
            {
                errors.Invalid(path.Child("nonResourceURLs").Index(i), rule.NonResourceURLs[i], fault);
            }
        }
    }

    private static string? UrlFault(string url) => url switch
    {
        "" => "must not be empty",
        "/" => null,
        _ when url[0] != '/' => "must start with slash",
        _ when url.Contains(' ', StringComparison.Ordinal) => "must not contain white-space",
        _ when url.Contains("//", StringComparison.Ordinal) => "must not contain double slash",
        _ when url.AsSpan().Count('*') is var stars && (stars > 1 || (stars == 1 && !url.EndsWith("/*", StringComparison.Ordinal))) => "wildcard can only do suffix matching",
        _ => null,
    };
}
