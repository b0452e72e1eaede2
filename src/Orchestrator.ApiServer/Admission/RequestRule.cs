using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;

namespace Orchestrator.ApiServer.Admission;

/// <summary>What webhooks and policies call a rule: operations on resources of groups and versions.</summary>
internal readonly record struct RequestRule(
    ApiList<string> Operations, ApiList<string> Groups, ApiList<string> Versions, ApiList<string> Resources, string? Scope)
{
    public static RequestRule Of(RuleWithOperations rule) => new(rule.Operations, rule.ApiGroups, rule.ApiVersions, rule.Resources, rule.Scope);

    public static RequestRule Of(NamedRuleWithOperations rule) => new(rule.Operations, rule.ApiGroups, rule.ApiVersions, rule.Resources, rule.Scope);

    /// <summary>Whether the rule names a request, taken as one for <paramref name="resource"/>: its own, or an equivalent one of another version.</summary>
    public bool Matches(AdmissionAttributes attributes, ResourceInfo resource)
    {
        if (!Has(Operations, attributes.OperationName) || !Has(Groups, resource.Group) || !Has(Versions, resource.Version)
            || (Scope == "Namespaced" && !resource.Namespaced) || (Scope == "Cluster" && resource.Namespaced))
        {
            return false;
        }

        foreach (var pattern in Resources)
        {
            if (IsResource(pattern, resource.Resource, attributes.Subresource))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Has(ApiList<string> values, string value)
    {
        foreach (var candidate in values)
        {
            if (candidate == "*" || candidate == value)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary><c>pods</c>, <c>pods/log</c>, <c>pods/*</c>, <c>*/scale</c>, <c>*</c> (no subresources), <c>*/*</c>.</summary>
    private static bool IsResource(string pattern, string resource, string subresource)
    {
        var slash = pattern.IndexOf('/', StringComparison.Ordinal);
        var (left, right) = slash < 0 ? (pattern, "") : (pattern[..slash], pattern[(slash + 1)..]);
        return (left == "*" || left == resource) && (right == "*" || right == subresource);
    }
}
