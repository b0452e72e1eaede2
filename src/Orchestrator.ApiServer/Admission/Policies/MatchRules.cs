using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.ApiServer.Registry;
using Orchestrator.Client;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>The rules and selectors of a policy or a binding, ready to be matched.</summary>
internal sealed class MatchRules
{
    private readonly LabelMatcher _namespaces;
    private readonly LabelMatcher _objects;
    private readonly ApiList<NamedRuleWithOperations> _rules;
    private readonly ApiList<NamedRuleWithOperations> _excluded;
    private readonly bool _exact;

    public MatchRules(MatchResources match)
    {
        _namespaces = match.NamespaceSelector is { } namespaces ? LabelMatcher.From(namespaces) : LabelMatcher.Everything;
        _objects = match.ObjectSelector is { } objects ? LabelMatcher.From(objects) : LabelMatcher.Everything;
        (_rules, _excluded) = (match.ResourceRules, match.ExcludeResourceRules);
        _exact = match.MatchPolicy == "Exact";
    }

    /// <summary>Whether a request matches, and as which version of its resource.</summary>
    /// <param name="attributes">The request.</param>
    /// <param name="labelsOfNamespace">The labels of a namespace; null if there is none such.</param>
    /// <param name="equivalents">The other versions of the request's resource.</param>
    /// <param name="matched">The version that the rules name.</param>
    public bool Match(
        AdmissionAttributes attributes, Func<string, ApiMap<string>?> labelsOfNamespace, Func<IEnumerable<ServedResource>> equivalents, out ResourceInfo matched)
    {
        matched = attributes.Resource;
        if (!MatchesNamespace(attributes, labelsOfNamespace) || !MatchesObject(attributes) || Find(_excluded, attributes, equivalents) is not null)
        {
            return false;
        }

        if (_rules.Count == 0)
        {
            return true;
        }

        if (Find(_rules, attributes, equivalents) is not { } found)
        {
            return false;
        }

        matched = found;
        return true;
    }

    private ResourceInfo? Find(ApiList<NamedRuleWithOperations> rules, AdmissionAttributes attributes, Func<IEnumerable<ServedResource>> equivalents)
    {
        if (rules.Count == 0)
        {
            return null;
        }

        foreach (var rule in rules)
        {
            if (Matches(rule, attributes, attributes.Resource))
            {
                return attributes.Resource;
            }
        }

        if (_exact)
        {
            return null;
        }

        foreach (var other in equivalents())
        {
            foreach (var rule in rules)
            {
                if (Matches(rule, attributes, other.Info))
                {
                    return other.Info;
                }
            }
        }

        return null;
    }

    private static bool Matches(NamedRuleWithOperations rule, AdmissionAttributes attributes, ResourceInfo resource) =>
        (rule.ResourceNames.Count == 0 || rule.ResourceNames.Contains(attributes.Name))
        && rule.Scope switch
        {
            "Namespaced" => resource.Namespaced,
            "Cluster" => !resource.Namespaced,
            _ => true,
        }
        && Has(rule.Operations, attributes.Operation.ToString().ToUpperInvariant())
        && Has(rule.ApiGroups, resource.Group)
        && Has(rule.ApiVersions, resource.Version)
        && rule.Resources.Any(r => IsResource(r, resource.Resource, attributes.Subresource));

    private static bool Has(ApiList<string> values, string value) => values.Contains("*") || values.Contains(value);

    private static bool IsResource(string pattern, string resource, string subresource)
    {
        var slash = pattern.IndexOf('/', StringComparison.Ordinal);
        var (left, right) = slash < 0 ? (pattern, "") : (pattern[..slash], pattern[(slash + 1)..]);
        return (left == "*" || left == resource) && (right == "*" || right == subresource);
    }

    private bool MatchesNamespace(AdmissionAttributes attributes, Func<string, ApiMap<string>?> labelsOfNamespace)
    {
        if (_namespaces.IsEverything)
        {
            return true;
        }

        // A namespace is judged by its own labels.
        if (attributes.Is("", "namespaces"))
        {
            var ns = (attributes.Object ?? attributes.OldObject) as ApiObject;
            return _namespaces.Matches(ns?.Metadata.Labels ?? ApiMap<string>.Empty);
        }

        return attributes.Namespace.Length == 0 || _namespaces.Matches(labelsOfNamespace(attributes.Namespace) ?? ApiMap<string>.Empty);
    }

    private bool MatchesObject(AdmissionAttributes attributes) =>
        _objects.IsEverything
        || (attributes.Object is ApiObject obj && _objects.Matches(obj.Metadata.Labels))
        || (attributes.OldObject is ApiObject old && _objects.Matches(old.Metadata.Labels));
}
