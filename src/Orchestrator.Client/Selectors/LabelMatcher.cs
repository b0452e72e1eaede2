using System.Diagnostics.CodeAnalysis;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>A label selector ready to match: requirements that must all hold.</summary>
public sealed class LabelMatcher
{
    /// <summary>Matches all labels.</summary>
    public static readonly LabelMatcher Everything = new([]);

    /// <summary>Matches nothing.</summary>
    public static readonly LabelMatcher Nothing = new([new("", LabelOperator.Never, [])]);

    private readonly LabelRequirement[] _requirements;

    public LabelMatcher(IEnumerable<LabelRequirement> requirements) => _requirements = [.. requirements];

    public IReadOnlyList<LabelRequirement> Requirements => _requirements;

    public bool IsEverything => _requirements.Length == 0;

    /// <summary>From the API's type: null selects nothing, an empty one everything.</summary>
    /// <exception cref="FormatException">An operator is unknown.</exception>
    public static LabelMatcher From(LabelSelector? selector)
    {
        if (selector is null)
        {
            return Nothing;
        }

        if (selector.MatchLabels.Count == 0 && selector.MatchExpressions.Count == 0)
        {
            return Everything;
        }

        var requirements = new List<LabelRequirement>(selector.MatchLabels.Count + selector.MatchExpressions.Count);
        foreach (var (key, value) in selector.MatchLabels)
        {
            requirements.Add(new(key, LabelOperator.In, [value]));
        }

        foreach (var expression in selector.MatchExpressions)
        {
            requirements.Add(new(expression.Key, Operator(expression.Operator), [.. expression.Values]));
        }

        return new(requirements);
    }

    /// <summary>All labels of the map must be there, as Services and ReplicationControllers select. An empty map selects nothing.</summary>
    public static LabelMatcher FromMap(ApiMap<string> labels) =>
        labels.Count == 0 ? Nothing : new(labels.Select(static l => new LabelRequirement(l.Key, LabelOperator.In, [l.Value])));

    /// <summary>From text as in a query: <c>a=b,c!=d,e in (f,g),h,!i</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out LabelMatcher? matcher, [NotNullWhen(false)] out string? error)
    {
        var requirements = new List<LabelRequirement>();
        var parser = new LabelSelectorParser(text);
        matcher = null;
        if (!parser.TryParse(requirements, out error))
        {
            return false;
        }

        matcher = new(requirements);
        return true;
    }

    public bool Matches(ApiMap<string> labels)
    {
        foreach (var requirement in _requirements)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The text form, with keys in order, as upstream writes it.</summary>
    public override string ToString() => string.Join(",", _requirements.OrderBy(static r => r.Key, StringComparer.Ordinal).Select(static r => r.ToString()));

    private static LabelOperator Operator(string text) => text switch
    {
        "In" => LabelOperator.In,
        "NotIn" => LabelOperator.NotIn,
        "Exists" => LabelOperator.Exists,
        "DoesNotExist" => LabelOperator.DoesNotExist,
        _ => throw new FormatException($"\"{text}\" is not a valid label selector operator"),
    };
}
