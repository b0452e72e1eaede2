using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Strategies.Core;

/// <summary>Label keys of affinity terms and spreading are written into the selectors, with the values that the pod itself has.</summary>
internal static class MatchLabelKeys
{
    public static void Apply(Pod pod)
    {
        var labels = pod.Metadata.Labels;
        foreach (var constraint in pod.Spec.TopologySpreadConstraints)
        {
            if (constraint.MatchLabelKeys.Count > 0 && constraint.LabelSelector is { } selector)
            {
                Extend(selector, constraint.MatchLabelKeys, labels, "In");
            }
        }

        if (pod.Spec.Affinity is not { } affinity)
        {
            return;
        }

        Terms(affinity.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution, affinity.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution, labels);
        Terms(affinity.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution, affinity.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution, labels);
    }

    private static void Terms(ApiList<PodAffinityTerm>? required, ApiList<WeightedPodAffinityTerm>? preferred, ApiMap<string> labels)
    {
        foreach (var term in (required ?? []).Concat((preferred ?? []).Select(static p => p.PodAffinityTerm)))
        {
            if (term.LabelSelector is { } selector)
            {
                Extend(selector, term.MatchLabelKeys, labels, "In");
                Extend(selector, term.MismatchLabelKeys, labels, "NotIn");
            }
        }
    }

    private static void Extend(LabelSelector selector, ApiList<string> keys, ApiMap<string> labels, string @operator)
    {
        foreach (var key in keys)
        {
            if (labels.TryGetValue(key, out var value))
            {
                selector.Set(LabelSelector.Fields.MatchExpressions, selector.MatchExpressions
                    .Append(new LabelSelectorRequirement { Key = key, Operator = @operator, Values = [value] }).ToApiList());
            }
        }
    }
}
