using System.Diagnostics.CodeAnalysis;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Api.Selectors;

/// <summary>A label selector ready to match: all its requirements must hold. Made from the query syntax or from a <see cref="LabelSelector"/>.</summary>
public sealed class LabelMatcher
{
    private readonly LabelRequirement[]? _requirements;

    private LabelMatcher(LabelRequirement[]? requirements) => _requirements = requirements;

    /// <summary>All these must hold.</summary>
    public LabelMatcher(IEnumerable<LabelRequirement> requirements) => _requirements = [.. requirements];

    /// <summary>Matches everything: the empty selector.</summary>
    public static LabelMatcher Everything { get; } = new(Array.Empty<LabelRequirement>());

    /// <summary>Matches nothing: the absent selector of most objects.</summary>
    public static LabelMatcher Nothing { get; } = new(requirements: null);

    public bool IsEverything => _requirements is { Length: 0 };

    public IReadOnlyList<LabelRequirement> Requirements => _requirements ?? [];

    /// <summary>Reads <c>a=b,c!=d,e in (f,g),h,!i,j&gt;1</c>.</summary>
    /// <exception cref="FormatException">With upstream's message.</exception>
    public static LabelMatcher Parse(string text) => text.Length == 0 ? Everything : new(LabelSelectorParser.Parse(text).ToArray());

    /// <summary>As <see cref="Parse"/>, with the message as a value.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out LabelMatcher? matcher, [NotNullWhen(false)] out string? error)
    {
        try
        {
            (matcher, error) = (Parse(text), null);
            return true;
        }
        catch (FormatException e)
        {
            (matcher, error) = (null, e.Message);
            return false;
        }
    }

    /// <summary>Compiles the selector of an object; null matches nothing, an empty one everything.</summary>
    public static LabelMatcher From(LabelSelector? selector)
    {
        if (selector is null)
        {
            return Nothing;
        }

        var requirements = new List<LabelRequirement>();
        foreach (var (key, value) in selector.MatchLabels)
        {
            requirements.Add(new(key, SelectorOperator.In, [value]));
        }

        foreach (var expression in selector.MatchExpressions)
        {
            requirements.Add(new(
                expression.Key,
                expression.Operator switch
                {
                    "In" => SelectorOperator.In,
                    "NotIn" => SelectorOperator.NotIn,
                    "Exists" => SelectorOperator.Exists,
                    "DoesNotExist" => SelectorOperator.DoesNotExist,
                    var other => throw new FormatException($"\"{other}\" is not a valid label selector operator"),
                },
                expression.Values));
        }

        return requirements.Count == 0 ? Everything : new(requirements.ToArray());
    }

    /// <summary>The selector of Services and ReplicationControllers: plain labels; an empty map matches nothing.</summary>
    public static LabelMatcher FromMap(ApiMap<string> labels)
    {
        if (labels.Count == 0)
        {
            return Nothing;
        }

        var requirements = new LabelRequirement[labels.Count];
        for (var i = 0; i < requirements.Length; i++)
        {
            requirements[i] = new(labels.KeyAt(i), SelectorOperator.In, [(string)labels.ValueAt(i)!]);
        }

        return new(requirements);
    }

    public bool Matches(ApiMap<string> labels)
    {
        if (_requirements is null)
        {
            return false;
        }

        foreach (var requirement in _requirements)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The query syntax, requirements sorted by key.</summary>
    public override string ToString() => string.Join(",", Requirements.OrderBy(static r => r.Key, StringComparer.Ordinal).Select(static r => r.ToString()));
}
