using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Scheduler.Matching;

/// <summary>One expression of a node selector, on a label or on the node's name.</summary>
internal sealed class NodeRequirement
{
    private readonly string _key;
    private readonly string _operator;
    private readonly string[] _values;
    private readonly long? _bound;

    public NodeRequirement(NodeSelectorRequirement source)
    {
        _key = source.Key;
        _operator = source.Operator;
        _values = [.. source.Values];
        _bound = _values.Length == 1 && long.TryParse(_values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var bound) ? bound : null;
    }

    public NodeRequirement(string key, string value) => (_key, _operator, _values) = (key, "In", [value]);

    /// <summary>The names that a requirement on <c>metadata.name</c> allows; null if it is none such.</summary>
    public IReadOnlyList<string>? NamesAllowed => _key == "metadata.name" && _operator == "In" ? _values : null;

    public bool MatchesLabels(ApiMap<string> labels) => Matches(labels.TryGetValue(_key, out var value) ? value : null);

    public bool MatchesName(string name) => _key == "metadata.name" && Matches(name);

    private bool Matches(string? value) => _operator switch
    {
        "In" => value is not null && Array.IndexOf(_values, value) >= 0,
        "NotIn" => value is null || Array.IndexOf(_values, value) < 0,
        "Exists" => value is not null,
        "DoesNotExist" => value is null,
        "Gt" => Number(value) > _bound,
        "Lt" => Number(value) < _bound,
        _ => false,
    };

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
