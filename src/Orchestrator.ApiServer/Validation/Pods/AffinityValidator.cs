using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>Where pods want to run: affinities, spreading, tolerations, node selectors.</summary>
internal static class AffinityValidator
{
    public static void Affinity(Affinity? affinity, FieldPath spec, FieldErrorList errors)
    {
        if (affinity is null)
        {
            return;
        }

        var path = spec.Child("affinity");
        if (affinity.NodeAffinity is { } node)
        {
            var at = path.Child("nodeAffinity");
            if (node.RequiredDuringSchedulingIgnoredDuringExecution is { } required)
            {
                NodeSelector(required, at.Child("requiredDuringSchedulingIgnoredDuringExecution"), errors);
            }

            for (var i = 0; i < node.PreferredDuringSchedulingIgnoredDuringExecution.Count; i++)
            {
                var term = node.PreferredDuringSchedulingIgnoredDuringExecution[i];
                var termPath = at.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i);
                if (term.Weight is < 1 or > 100)
                {
                    errors.Invalid(termPath, "weight", term.Weight, "must be in the range 1-100");
                }

                Term(term.Preference, termPath.Child("preference"), errors, anyValue: true);
            }
        }

        if (affinity.PodAffinity is { } pod)
        {
            PodTerms(pod.RequiredDuringSchedulingIgnoredDuringExecution, pod.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAffinity"), errors);
        }

        if (affinity.PodAntiAffinity is { } anti)
        {
            PodTerms(anti.RequiredDuringSchedulingIgnoredDuringExecution, anti.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAntiAffinity"), errors);
        }
    }

    public static void NodeSelector(NodeSelector selector, FieldPath path, FieldErrorList errors)
    {
        var terms = path.Child("nodeSelectorTerms");
        if (selector.NodeSelectorTerms.Count == 0)
        {
            errors.Required(terms, "must have at least one node selector term");
            return;
        }

        for (var i = 0; i < selector.NodeSelectorTerms.Count; i++)
        {
            Term(selector.NodeSelectorTerms[i], terms.Index(i), errors);
        }
    }

    public static void Tolerations(ApiList<Toleration> tolerations, FieldPath spec, FieldErrorList errors)
    {
        for (var i = 0; i < tolerations.Count; i++)
        {
            var toleration = tolerations[i];
            var path = spec.Child("tolerations").Index(i);
            if (toleration.Key.Length > 0)
            {
                errors.InvalidEach(path, "key", toleration.Key, Formats.QualifiedName(toleration.Key));
            }
            else if (toleration.Operator != "Exists")
            {
                errors.Invalid(path, "operator", toleration.Operator, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
            }

            if (toleration.TolerationSeconds is not null && toleration.Effect != "NoExecute")
            {
                errors.Invalid(path, "effect", toleration.Effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
            }

            switch (toleration.Operator)
            {
                case "" or "Equal":
                    if (Formats.LabelValue(toleration.Value) is { Count: > 0 } faults)
                    {
                        errors.Invalid(path, "operator", toleration.Value, string.Join(";", faults));
                    }

                    break;
                case "Exists":
                    if (toleration.Value.Length > 0)
                    {
                        errors.Invalid(path, "operator", toleration.Value, "value must be empty when `operator` is 'Exists'");
                    }

                    break;
                case "Lt" or "Gt":
                    errors.NotSupportedInOrder(path.Child("operator"), toleration.Operator, "Equal", "Exists", "Lt", "Gt");
                    break;
                default:
                    errors.NotSupportedInOrder(path.Child("operator"), toleration.Operator, "Equal", "Exists");
                    break;
            }

            if (toleration.Effect.Length > 0)
            {
                Effect(toleration.Effect, path, errors);
            }
        }
    }

    public static void Effect(string effect, FieldPath path, FieldErrorList errors) =>
        errors.OneOf(path, "effect", effect, "NoSchedule", "PreferNoSchedule", "NoExecute");

    public static void Spread(ApiList<TopologySpreadConstraint> constraints, FieldPath spec, FieldErrorList errors)
    {
        var list = spec.Child("topologySpreadConstraints");
        for (var i = 0; i < constraints.Count; i++)
        {
            var constraint = constraints[i];
            var path = list.Index(i);
            if (constraint.MaxSkew <= 0)
            {
                errors.Invalid(path, "maxSkew", constraint.MaxSkew, "must be greater than zero");
            }

            if (constraint.TopologyKey.Length == 0)
            {
                errors.Missing(path, "topologyKey", "can not be empty");
            }

            errors.OneOf(path, "whenUnsatisfiable", constraint.WhenUnsatisfiable, "DoNotSchedule", "ScheduleAnyway");
            for (var j = i + 1; j < constraints.Count; j++)
            {
                if (constraints[j].TopologyKey == constraint.TopologyKey && constraints[j].WhenUnsatisfiable == constraint.WhenUnsatisfiable)
                {
                    errors.Duplicate(path.Child("{topologyKey, whenUnsatisfiable}"), $"{{{constraint.TopologyKey}, {constraint.WhenUnsatisfiable}}}");
                    break;
                }
            }

            if (constraint.MinDomains is { } domains)
            {
                if (domains <= 0)
                {
                    errors.Invalid(path, "minDomains", domains, "must be greater than zero");
                }

                if (constraint.WhenUnsatisfiable != "DoNotSchedule")
                {
                    errors.Invalid(path, "minDomains", domains, $"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {constraint.WhenUnsatisfiable}");
                }
            }

            if (constraint.NodeAffinityPolicy is { } affinity)
            {
                errors.OneOf(path, "nodeAffinityPolicy", affinity, "Honor", "Ignore");
            }

            if (constraint.NodeTaintsPolicy is { } taints)
            {
                errors.OneOf(path, "nodeTaintsPolicy", taints, "Honor", "Ignore");
            }

            MatchLabelKeys(constraint.MatchLabelKeys, constraint.LabelSelector, path, errors);
            SelectorValidator.Validate(constraint.LabelSelector, path.Child("labelSelector"), errors);
        }
    }

    private static void MatchLabelKeys(ApiList<string> keys, LabelSelector? selector, FieldPath constraint, FieldErrorList errors)
    {
        if (keys.Count == 0)
        {
            return;
        }

        var path = constraint.Child("matchLabelKeys");
        if (selector is null)
        {
            errors.Forbidden(path, "must not be specified when labelSelector is not set");
            return;
        }

        for (var i = 0; i < keys.Count; i++)
        {
            errors.InvalidEach(path.Index(i), keys[i], Formats.QualifiedName(keys[i]));
        }

        InBoth(keys, selector, path, errors);
    }

    /// <summary>A key to match that the selector has too; one expression of the selector was made of the key itself.</summary>
    private static void InBoth(ApiList<string> keys, LabelSelector? selector, FieldPath path, FieldErrorList errors)
    {
        if (selector is null || keys.Count == 0)
        {
            return;
        }

        var seen = new HashSet<string>(selector.MatchLabels.Keys);
        foreach (var expression in selector.MatchExpressions)
        {
            var index = -1;
            for (var i = 0; i < keys.Count; i++)
            {
                index = keys[i] == expression.Key ? i : index;
            }

            if (!seen.Add(expression.Key) && index >= 0)
            {
                errors.Invalid(path.Index(index), expression.Key, "exists in both matchLabelKeys and labelSelector");
            }
        }
    }

    /// <summary>A term; <paramref name="anyValue"/> for a preference, whose values may be such as no label has.</summary>
    private static void Term(NodeSelectorTerm term, FieldPath path, FieldErrorList errors, bool anyValue = false)
    {
        for (var i = 0; i < term.MatchExpressions.Count; i++)
        {
            Expression(term.MatchExpressions[i], path.Child("matchExpressions").Index(i), errors, anyValue);
        }

        for (var i = 0; i < term.MatchFields.Count; i++)
        {
            var field = term.MatchFields[i];
            var at = path.Child("matchFields").Index(i);
            switch (field.Operator)
            {
                case "In" or "NotIn":
                    if (field.Values.Count != 1)
                    {
                        errors.Missing(at, "values", "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
                    }

                    break;
                default:
                    errors.Invalid(at, "operator", field.Operator, "not a valid selector operator");
                    break;
            }

            if (field.Key == "metadata.name")
            {
                for (var v = 0; v < field.Values.Count; v++)
                {
                    errors.InvalidEach(at.Child("values").Index(v), field.Values[v], Formats.DnsSubdomain(field.Values[v]));
                }
            }
            else
            {
                errors.Invalid(at, "key", field.Key, "not a valid field selector key");
            }
        }
    }

    private static void Expression(NodeSelectorRequirement requirement, FieldPath path, FieldErrorList errors, bool anyValue)
    {
        switch (requirement.Operator)
        {
            case "In" or "NotIn":
                if (requirement.Values.Count == 0)
                {
                    errors.Missing(path, "values", "must be specified when `operator` is 'In' or 'NotIn'");
                }

                break;
            case "Exists" or "DoesNotExist":
                if (requirement.Values.Count > 0)
                {
                    errors.Forbidden(path, "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }

                break;
            case "Gt" or "Lt":
                if (requirement.Values.Count != 1)
                {
                    errors.Missing(path, "values", "must be specified single value when `operator` is 'Lt' or 'Gt'");
                }

                break;
            default:
                errors.Invalid(path, "operator", requirement.Operator, "not a valid selector operator");
                break;
        }

        errors.InvalidEach(path, "key", requirement.Key, Formats.QualifiedName(requirement.Key));
        for (var i = 0; !anyValue && i < requirement.Values.Count; i++)
        {
            if (Formats.LabelValue(requirement.Values[i]) is { Count: > 0 } faults)
            {
                errors.InvalidEach(path.Child("values").Index(i), requirement.Values[i], faults);
            }
        }
    }

    private static void PodTerms(ApiList<PodAffinityTerm> required, ApiList<WeightedPodAffinityTerm> preferred, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < required.Count; i++)
        {
            PodTerm(required[i], path.Child("requiredDuringSchedulingIgnoredDuringExecution").Index(i), errors);
        }

        for (var i = 0; i < preferred.Count; i++)
        {
            var at = path.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i);
            if (preferred[i].Weight is < 1 or > 100)
            {
                errors.Invalid(at, "weight", preferred[i].Weight, "must be in the range 1-100");
            }

            PodTerm(preferred[i].PodAffinityTerm, at.Child("podAffinityTerm"), errors);
        }
    }

    private static void PodTerm(PodAffinityTerm term, FieldPath path, FieldErrorList errors)
    {
        SelectorValidator.Validate(term.LabelSelector, path.Child("labelSelector"), errors);
        SelectorValidator.Validate(term.NamespaceSelector, path.Child("namespaceSelector"), errors);
        foreach (var ns in term.Namespaces)
        {
            errors.InvalidEach(path, "namespace", ns, Formats.DnsLabel(ns));
        }

        LabelKeys(term.MatchLabelKeys, "matchLabelKeys");
        LabelKeys(term.MismatchLabelKeys, "mismatchLabelKeys");
        InBoth(term.MatchLabelKeys, term.LabelSelector, path, errors);
        for (var i = 0; i < term.MatchLabelKeys.Count; i++)
        {
            if (term.MismatchLabelKeys.Contains(term.MatchLabelKeys[i]))
            {
                errors.Invalid(path.Child("matchLabelKeys").Index(i), term.MatchLabelKeys[i], "exists in both matchLabelKeys and mismatchLabelKeys");
            }
        }

        if (term.TopologyKey.Length == 0)
        {
            errors.Missing(path, "topologyKey", "can not be empty");
        }

        errors.InvalidEach(path, "topologyKey", term.TopologyKey, Formats.QualifiedName(term.TopologyKey));

        void LabelKeys(ApiList<string> keys, string field)
        {
            if (keys.Count > 0 && term.LabelSelector is null)
            {
                errors.Forbidden(path, field, "must not be specified when labelSelector is not set");
                return;
            }

            for (var i = 0; i < keys.Count; i++)
            {
                errors.InvalidEach(path.Child(field).Index(i), keys[i], Formats.QualifiedName(keys[i]));
            }
        }
    }
}
