using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>The rules and selectors of a policy or a binding, ready to be matched.</summary>
internal sealed class MatchRules
{
    private readonly RequestSelectors _selectors;
    private readonly ApiList<NamedRuleWithOperations> _rules;
    private readonly ApiList<NamedRuleWithOperations> _excluded;
    private readonly bool _exact;

    public MatchRules(MatchResources match)
    {
        _selectors = new(match.NamespaceSelector, match.ObjectSelector);
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
        if (!_selectors.Match(attributes, labelsOfNamespace) || Find(_excluded, attributes, equivalents) is not null)
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

        var others = equivalents().ToArray();
        foreach (var rule in rules)
        {
            foreach (var other in others)
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
        (rule.ResourceNames.Count == 0 || rule.ResourceNames.Contains(attributes.Name)) && RequestRule.Of(rule).Matches(attributes, resource);
}
