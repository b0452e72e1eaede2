using System.Globalization;
using Orchestrator.Api;

namespace Orchestrator.Agent.Admission;

/// <summary>Whether a pod's node selector and required node affinity fit the node.</summary>
internal static class NodeSelection
{
    public static bool Matches(Pod pod, NodeFacts node)
    {
        var labels = node.Labels;
        if (pod.Spec.NodeSelector.Any(s => !labels.TryGetValue(s.Key, out var value) || value != s.Value))
        {
            return false;
        }

        return pod.Spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is not { } required
            || required.NodeSelectorTerms.Any(term =>
                (term.MatchExpressions.Count > 0 || term.MatchFields.Count > 0)
                && term.MatchExpressions.All(e => Matches(e, labels.GetValueOrDefault(e.Key)))
                && term.MatchFields.All(e => Matches(e, e.Key == "metadata.name" ? node.Name : null)));
    }

    private static bool Matches(NodeSelectorRequirement requirement, string? value) => requirement.Operator switch
    {
        "In" => value is not null && requirement.Values.Contains(value),
        "NotIn" => value is null || !requirement.Values.Contains(value),
        "Exists" => value is not null,
        "DoesNotExist" => value is null,
        "Gt" => Compare(value, requirement.Values) > 0,
        "Lt" => Compare(value, requirement.Values) < 0,
        _ => false,
    };

    private static int Compare(string? value, ApiList<string> values) =>
        values.Count == 1
        && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var left)
        && long.TryParse(values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var right)
            ? left.CompareTo(right)
            : 0;
}
