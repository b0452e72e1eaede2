using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Scheduler.Matching;

/// <summary>A term of a node selector: all of its requirements must hold; an empty one matches no node.</summary>
internal sealed class NodeTerm(NodeSelectorTerm source)
{
    private readonly NodeRequirement[] _labels = [.. source.MatchExpressions.Select(static e => new NodeRequirement(e))];
    private readonly NodeRequirement[] _fields = [.. source.MatchFields.Select(static e => new NodeRequirement(e))];

    /// <summary>The node names that the term is limited to, those that all its fields allow; null if to none.</summary>
    public IReadOnlyList<string>? NamesAllowed
    {
        get
        {
            IReadOnlyList<string>? allowed = null;
            foreach (var requirement in _fields)
            {
                if (requirement.NamesAllowed is { } names)
                {
                    allowed = allowed is null ? names : [.. allowed.Intersect(names, StringComparer.Ordinal)];
                }
            }

            return allowed;
        }
    }

    public bool Matches(string name, ApiMap<string> labels)
    {
        if (_labels.Length == 0 && _fields.Length == 0)
        {
            return false;
        }

        foreach (var requirement in _labels)
        {
            if (!requirement.MatchesLabels(labels))
            {
                return false;
            }
        }

        foreach (var requirement in _fields)
        {
            if (!requirement.MatchesName(name))
            {
                return false;
            }
        }

        return true;
    }
}
