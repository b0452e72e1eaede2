using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Scheduler.Matching;

/// <summary>Which pods a term of an affinity or of a spread constraint is about: by namespace and by labels.</summary>
internal sealed class PodMatcher : IEquatable<PodMatcher>
{
    private readonly string[] _namespaces;
    private readonly LabelMatcher? _namespaceSelector;
    private readonly LabelMatcher _labels;
    private readonly string _identity;

    private PodMatcher(string[] namespaces, LabelMatcher? namespaceSelector, LabelMatcher labels)
    {
        (_namespaces, _namespaceSelector, _labels) = (namespaces, namespaceSelector, labels);
        Array.Sort(namespaces, StringComparer.Ordinal);
        _identity = $"{string.Join(",", namespaces)};{(namespaceSelector is null ? "-" : "?" + namespaceSelector)};{labels}";
    }

    public bool DependsOnNamespaces => _namespaceSelector is { IsEverything: false };

    public static PodMatcher InNamespace(string ns, LabelMatcher labels) => new([ns], null, labels);

    /// <summary>Of an affinity term; without namespaces it is about those of its owner.</summary>
    public static PodMatcher Of(PodAffinityTerm term, string ownerNamespace) => new(
        term.Namespaces.Count == 0 && term.NamespaceSelector is null ? [ownerNamespace] : [.. term.Namespaces],
        term.NamespaceSelector is null ? null : LabelMatcher.From(term.NamespaceSelector),
        LabelMatcher.From(term.LabelSelector));

    public static PodMatcher Of(string ns, LabelSelector? selector, IReadOnlyList<LabelRequirement> additional)
    {
        var labels = LabelMatcher.From(selector);
        return new([ns], null, additional.Count == 0 ? labels : new([.. labels.Requirements, .. additional]));
    }

    public bool Matches(string ns, ApiMap<string> labels, NamespaceLabels namespaces) =>
        (Array.IndexOf(_namespaces, ns) >= 0
            || (_namespaceSelector is { } selector && (selector.IsEverything || selector.Matches(namespaces.Of(ns)))))
        && _labels.Matches(labels);

    public bool Equals(PodMatcher? other) => other is not null && _identity == other._identity;

    public override bool Equals(object? obj) => Equals(obj as PodMatcher);

    public override int GetHashCode() => _identity.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => _identity;
}
