using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Scheduler.Matching;

/// <summary>Which nodes a pod may run on: its node selector and its required node affinity, of which one term must match.</summary>
internal sealed class NodeMatcher
{
    private readonly NodeRequirement[] _selector;
    private readonly NodeTerm[]? _terms;

    private NodeMatcher(NodeRequirement[] selector, NodeTerm[]? terms) => (_selector, _terms) = (selector, terms);

    /// <summary>The node names that all terms are limited to; null if they are not.</summary>
    public IReadOnlySet<string>? NamesAllowed
    {
        get
        {
            if (_terms is null)
            {
                return null;
            }

            var names = new HashSet<string>();
            foreach (var term in _terms)
            {
                if (term.NamesAllowed is not { } allowed)
                {
                    return null;
                }

                names.UnionWith(allowed);
            }

            return names;
        }
    }

    /// <summary>The matcher of a pod; null if it asks for nothing.</summary>
    public static NodeMatcher? Of(PodSpec spec)
    {
        var required = spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution;
        return spec.NodeSelector.Count == 0 && required is null
            ? null
            : new([.. spec.NodeSelector.Select(static l => new NodeRequirement(l.Key, l.Value))], required is null ? null : TermsOf(required));
    }

    public static NodeMatcher Of(NodeSelector selector) => new([], TermsOf(selector));

    public bool Matches(string name, ApiMap<string> labels)
    {
        foreach (var requirement in _selector)
        {
            if (!requirement.MatchesLabels(labels))
            {
                return false;
            }
        }

        if (_terms is null)
        {
            return true;
        }

        foreach (var term in _terms)
        {
            if (term.Matches(name, labels))
            {
                return true;
            }
        }

        return false;
    }

    private static NodeTerm[] TermsOf(NodeSelector selector) => [.. selector.NodeSelectorTerms.Select(static t => new NodeTerm(t))];
}
