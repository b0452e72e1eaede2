using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>The node affinity of a gated pod may be made narrower, never wider.</summary>
internal static class GatedAffinityValidator
{
    /// <summary>The spec with the old node affinity, after a look at what changed in it.</summary>
    public static PodSpec PutBack(PodSpec spec, PodSpec old, FieldErrorList errors)
    {
        var (now, before) = (spec.Affinity?.NodeAffinity, old.Affinity?.NodeAffinity);
        if (Semantic.Equal(now, before))
        {
            return spec;
        }

        var path = FieldPath.Spec.Child("affinity").Child("nodeAffinity");
        if (before?.RequiredDuringSchedulingIgnoredDuringExecution is { } required)
        {
            Required(now?.RequiredDuringSchedulingIgnoredDuringExecution, required, path.Child("requiredDuringSchedulingIgnoredDuringExecution"), errors);
        }

        if (old.Affinity is null && spec.Affinity is { PodAffinity: null, PodAntiAffinity: null })
        {
            return spec with { Affinity = null };
        }

        return spec.Affinity is null && old.Affinity is { PodAffinity: null, PodAntiAffinity: null }
            ? spec with { Affinity = old.Affinity }
            : spec with { Affinity = (spec.Affinity ?? new()) with { NodeAffinity = before } };
    }

    private static void Required(NodeSelector? selector, NodeSelector old, FieldPath path, FieldErrorList errors)
    {
        var terms = selector?.NodeSelectorTerms ?? [];
        if (old.NodeSelectorTerms.Count > 0 && old.NodeSelectorTerms.Count != terms.Count)
        {
            errors.Invalid(path, "nodeSelectorTerms", new InternalValue(terms), "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
            return;
        }

        for (var i = 0; i < old.NodeSelectorTerms.Count; i++)
        {
            var (term, before) = (terms[i], old.NodeSelectorTerms[i]);
            if (!StartsWith(term.MatchExpressions, before.MatchExpressions) || !StartsWith(term.MatchFields, before.MatchFields)
                || (before.MatchExpressions.Count == 0 && before.MatchFields.Count == 0 && !term.Equals(before)))
            {
                errors.Invalid(path.Child("nodeSelectorTerms").Index(i), new InternalValue(term), "only additions are allowed (no mutations or deletions)");
            }
        }
    }

    private static bool StartsWith(ApiList<NodeSelectorRequirement> list, ApiList<NodeSelectorRequirement> start) =>
        list.Count >= start.Count && start.Select((r, i) => r.Equals(list[i])).All(static same => same);
}
