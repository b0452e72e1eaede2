using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;

namespace Orchestrator.ApiServer.Validation.Admission;

/// <summary>Which requests webhooks and policies are for: rules of operations, groups, versions and resources.</summary>
internal static class RuleValidator
{
    private const string All = "*";
    private const string EveryResource = "*/*";

    public static void Validate(RuleWithOperations rule, FieldPath path, FieldErrorList errors) =>
        Validate(rule.Operations, rule.ApiGroups, rule.ApiVersions, rule.Resources, rule.Scope, path, errors);

    /// <summary>The rules and selectors of a policy or of its binding.</summary>
    public static void Match(MatchResources match, FieldPath path, FieldErrorList errors)
    {
        if (match.MatchPolicy is { } policy)
        {
            errors.OneOf(path, "matchPolicy", policy, "Equivalent", "Exact");
        }
        else
        {
            errors.Missing(path, "matchPolicy");
        }

        SelectorValidator.Validate(match.NamespaceSelector, path.Child("namespaceSelector"), errors);
        SelectorValidator.Validate(match.ObjectSelector, path.Child("objectSelector"), errors);
        Named(match.ResourceRules, path.Child("resourceRules"), errors);
        Named(match.ExcludeResourceRules, path.Child("excludeResourceRules"), errors);
    }

    private static void Named(ApiList<NamedRuleWithOperations> rules, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            var (rule, at) = (rules[i], path.Index(i));
            var names = new HashSet<string>();
            for (var j = 0; j < rule.ResourceNames.Count; j++)
            {
                var name = rule.ResourceNames[j];
                var place = at.Child("resourceNames").Index(j);
                errors.InvalidEach(place, name, Formats.PathSegment(name));
                if (!names.Add(name))
                {
                    errors.Duplicate(place, name);
                }
            }

            Validate(rule.Operations, rule.ApiGroups, rule.ApiVersions, rule.Resources, rule.Scope, at, errors);
        }
    }

    private static void Validate(
        ApiList<string> operations, ApiList<string> groups, ApiList<string> versions, ApiList<string> resources, string? scope, FieldPath path, FieldErrorList errors)
    {
        Wildcard(operations, path.Child("operations"), "operations", errors);
        for (var i = 0; i < operations.Count; i++)
        {
            if (operations[i] is not (All or "CONNECT" or "CREATE" or "DELETE" or "UPDATE"))
            {
                errors.NotSupportedInOrder(path.Child("operations").Index(i), operations[i], All, "CONNECT", "CREATE", "DELETE", "UPDATE");
            }
        }

        Wildcard(groups, path.Child("apiGroups"), "API groups", errors);
        Wildcard(versions, path.Child("apiVersions"), "API versions", errors);
        for (var i = 0; i < versions.Count; i++)
        {
            if (versions[i].Length == 0)
            {
                errors.Required(path.Child("apiVersions").Index(i));
            }
        }

        Resources(resources, path.Child("resources"), errors);
        if (scope is not null)
        {
            errors.OneOf(path, "scope", scope, All, "Cluster", "Namespaced");
        }
    }

    private static void Wildcard(ApiList<string> values, FieldPath path, string what, FieldErrorList errors)
    {
        if (values.Count == 0)
        {
            errors.Required(path);
        }
        else if (values.Count > 1 && values.Contains(All))
        {
            errors.Invalid(path, values, $"if '*' is present, must not specify other {what}");
        }
    }

    private static void Resources(ApiList<string> resources, FieldPath path, FieldErrorList errors)
    {
        if (resources.Count == 0)
        {
            errors.Required(path);
        }

        var (whole, everywhere) = (new HashSet<string>(), new HashSet<string>());
        var (every, all, plain) = (false, false, false);
        for (var i = 0; i < resources.Count; i++)
        {
            var resource = resources[i];
            if (resource.Length == 0)
            {
                errors.Required(path.Index(i));
                continue;
            }

            every |= resource == EveryResource;
            all |= resource == All;
            var slash = resource.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
            {
                // The last one without a subresource decides, as upstream has it.
                plain = resource != All;
                continue;
            }

            var (owner, subresource) = (resource[..slash], resource[(slash + 1)..]);
            if (whole.Contains(owner))
            {
                errors.Invalid(path.Index(i), resource, $"if '{owner}/*' is present, must not specify {resource}");
            }

            if (everywhere.Contains(subresource))
            {
                errors.Invalid(path.Index(i), resource, $"if '*/{subresource}' is present, must not specify {resource}");
            }

            if (subresource == All)
            {
                whole.Add(owner);
            }

            if (owner == All)
            {
                everywhere.Add(subresource);
            }
        }

        if (resources.Count > 1 && every)
        {
            errors.Invalid(path, resources, "if '*/*' is present, must not specify other resources");
        }

        if (all && plain)
        {
            errors.Invalid(path, resources, "if '*' is present, must not specify other resources without subresources");
        }
    }
}
