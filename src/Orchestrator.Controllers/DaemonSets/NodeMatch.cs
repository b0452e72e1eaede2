using System.Globalization;
using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.DaemonSets;

/// <summary>Whether a DaemonSet's pod belongs on a node: by node name, selector, required affinity and taints. Pure.</summary>
internal static class NodeMatch
{
    // What every daemon pod tolerates, so that it runs on nodes that others avoid.
    private static readonly Toleration[] Always =
    [
        new() { Key = "node.kubernetes.io/not-ready", Operator = "Exists", Effect = "NoExecute" },
        new() { Key = "node.kubernetes.io/unreachable", Operator = "Exists", Effect = "NoExecute" },
        new() { Key = "node.kubernetes.io/disk-pressure", Operator = "Exists", Effect = "NoSchedule" },
        new() { Key = "node.kubernetes.io/memory-pressure", Operator = "Exists", Effect = "NoSchedule" },
        new() { Key = "node.kubernetes.io/pid-pressure", Operator = "Exists", Effect = "NoSchedule" },
        new() { Key = "node.kubernetes.io/unschedulable", Operator = "Exists", Effect = "NoSchedule" },
    ];

    private static readonly Toleration Network = new() { Key = "node.kubernetes.io/network-unavailable", Operator = "Exists", Effect = "NoSchedule" };

    /// <summary>The template's tolerations and those of all daemon pods.</summary>
    public static ApiList<Toleration> Tolerations(PodSpec spec)
    {
        var wanted = spec.HostNetwork ? [.. Always, Network] : Always;

        // One that the template has already stays in its place, but without an end.
        return
        [
            .. spec.Tolerations.Select(t => Array.Find(wanted, w => SameTaint(w, t)) ?? t),
            .. wanted.Where(w => !spec.Tolerations.Any(t => SameTaint(w, t))),
        ];
    }

    /// <summary>Whether a pod should be made there, and whether one that is there may stay.</summary>
    public static (bool ShouldRun, bool MayContinue) Judge(PodSpec spec, Node node)
    {
        if (spec.NodeName.Length > 0 && spec.NodeName != node.Metadata.Name)
        {
            return (false, false);
        }

        if (!SelectorMatches(spec, node))
        {
            return (false, false);
        }

        var tolerations = Tolerations(spec);
        var untolerated = node.Spec.Taints.Where(t => t.Effect is "NoSchedule" or "NoExecute" && !tolerations.Any(x => Tolerates(x, t))).ToList();
        return untolerated.Count == 0 ? (true, true) : (false, untolerated.All(static t => t.Effect != "NoExecute"));
    }

    /// <summary>The affinity that ties a pod to one node, in place of whatever node names the template's affinity has.</summary>
    public static Affinity Pin(Affinity? affinity, string node)
    {
        NodeSelectorRequirement byName = new() { Key = "metadata.name", Operator = "In", Values = [node] };
        var required = affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution;
        ApiList<NodeSelectorTerm> terms = required is null || required.NodeSelectorTerms.Count == 0
            ? [new() { MatchFields = [byName] }]
            : [.. required.NodeSelectorTerms.Select(_ => new NodeSelectorTerm { MatchFields = [byName] }).Take(1)];
        var nodeAffinity = (affinity?.NodeAffinity ?? new()) with { RequiredDuringSchedulingIgnoredDuringExecution = new() { NodeSelectorTerms = terms } };
        return (affinity ?? new()) with { NodeAffinity = nodeAffinity };
    }

    /// <summary>The node that a pod is bound or pinned to; "" if none.</summary>
    public static string TargetOf(Pod pod)
    {
        if (pod.Spec.NodeName.Length > 0)
        {
            return pod.Spec.NodeName;
        }

        foreach (var term in pod.Spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms ?? [])
        {
            foreach (var field in term.MatchFields)
            {
                if (field is { Key: "metadata.name", Operator: "In", Values.Count: 1 })
                {
                    return field.Values[0];
                }
            }
        }

        return "";
    }

    private static bool SelectorMatches(PodSpec spec, Node node)
    {
        foreach (var (key, value) in spec.NodeSelector)
        {
            if (node.Metadata.Labels.GetValueOrDefault(key) != value)
            {
                return false;
            }
        }

        var required = spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution;
        return required is null || required.NodeSelectorTerms.Any(t => TermMatches(t, node));
    }

    private static bool TermMatches(NodeSelectorTerm term, Node node)
    {
        if (term.MatchExpressions.Count == 0 && term.MatchFields.Count == 0)
        {
            return false;
        }

        foreach (var expression in term.MatchExpressions)
        {
            if (!Matches(expression, node.Metadata.Labels))
            {
                return false;
            }
        }

        var fields = ApiMap<string>.Empty.With("metadata.name", node.Metadata.Name);
        foreach (var field in term.MatchFields)
        {
            if (!Matches(field, fields))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether it holds; one whose operator is unknown never does.</summary>
    private static bool Matches(NodeSelectorRequirement requirement, ApiMap<string> labels)
    {
        SelectorOperator? compares = requirement.Operator switch
        {
            "In" => SelectorOperator.In,
            "NotIn" => SelectorOperator.NotIn,
            "Exists" => SelectorOperator.Exists,
            "DoesNotExist" => SelectorOperator.DoesNotExist,
            "Gt" => SelectorOperator.GreaterThan,
            "Lt" => SelectorOperator.LessThan,
            _ => null,
        };
        return compares is { } known && new LabelRequirement(requirement.Key, known, requirement.Values).Matches(labels);
    }

    private static bool SameTaint(Toleration left, Toleration right) =>
        left.Key == right.Key && left.Effect == right.Effect && left.Operator == right.Operator && left.Value == right.Value;

    private static bool Tolerates(Toleration toleration, Taint taint) =>
        (toleration.Effect.Length == 0 || toleration.Effect == taint.Effect)
        && (toleration.Key.Length == 0 ? toleration.Operator == "Exists" : toleration.Key == taint.Key)
        && (toleration.Operator == "Exists" || (toleration.Operator is "" or "Equal" && toleration.Value == taint.Value));
}
