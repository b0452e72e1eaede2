using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>Which of the names that a definition asks for it gets: within a group every name belongs to one definition.</summary>
internal static class DefinitionNaming
{
    /// <summary>The status of a definition as the names around it allow.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="group">All definitions of its group, with the names that they have.</param>
    /// <param name="now">The time for conditions that change.</param>
    public static CustomResourceDefinitionStatus Decide(CustomResourceDefinition definition, IEnumerable<CustomResourceDefinition> group, DateTimeOffset now)
    {
        var resources = new HashSet<string>();
        var kinds = new HashSet<string>();
        foreach (var names in group.Select(static d => d.Status.AcceptedNames))
        {
            resources.Add(names.Plural);
            resources.Add(names.Singular);
            resources.UnionWith(names.ShortNames);
            kinds.Add(names.Kind);
            kinds.Add(names.ListKind);
        }

        var (wanted, accepted) = (definition.Spec.Names, definition.Status.AcceptedNames);
        var (reason, message) = ("", "");
        var plural = Single(wanted.Plural, accepted.Plural, resources, "PluralConflict");
        var singular = Single(wanted.Singular, accepted.Singular, resources, "SingularConflict");
        var shortNames = ShortNames();
        var kind = Single(wanted.Kind, accepted.Kind, kinds, "KindConflict");
        var listKind = Single(wanted.ListKind, accepted.ListKind, kinds, "ListKindConflict");
        var conditions = reason.Length == 0
            ? DefinitionConditions.With(definition.Status.Conditions, "NamesAccepted", true, "NoConflicts", "no conflicts found", now)
            : DefinitionConditions.With(definition.Status.Conditions, "NamesAccepted", false, reason, message, now);
        if (!DefinitionConditions.IsTrue(definition, "Established"))
        {
            conditions = reason.Length == 0
                ? DefinitionConditions.With(conditions, "Established", true, "InitialNamesAccepted", "the initial names have been accepted", now)
                : DefinitionConditions.With(conditions, "Established", false, "NotAccepted", "not all names are accepted", now);
        }

        return definition.Status with
        {
            AcceptedNames = new CustomResourceDefinitionNames
            {
                Plural = plural, Singular = singular, ShortNames = shortNames, Kind = kind, ListKind = listKind, Categories = wanted.Categories,
            },
            Conditions = Approve(definition, conditions, now),
        };

        string Single(string name, string own, HashSet<string> taken, string conflict)
        {
            if (name == own || !taken.Contains(name))
            {
                return name;
            }

            (reason, message) = (conflict, GoText.Quote(name) + " is already in use");
            return own;
        }

        ApiList<string> ShortNames()
        {
            var faults = wanted.ShortNames.Where(n => !accepted.ShortNames.Contains(n) && resources.Contains(n)).Select(static n => GoText.Quote(n) + " is already in use").Distinct().ToArray();
            if (faults.Length == 0)
            {
                return wanted.ShortNames;
            }

            (reason, message) = ("ShortNamesConflict", faults.Length == 1 ? faults[0] : "[" + string.Join(", ", faults) + "]");
            return accepted.ShortNames;
        }
    }

    /// <summary>Definitions in Kubernetes' own groups tell whether they follow its policy.</summary>
    private static ApiList<CustomResourceDefinitionCondition> Approve(CustomResourceDefinition definition, ApiList<CustomResourceDefinitionCondition> conditions, DateTimeOffset now)
    {
        if (!DefinitionApproval.IsProtected(definition.Spec.Group))
        {
            return conditions;
        }

        var (state, text) = DefinitionApproval.Of(definition);
        return DefinitionConditions.With(
            conditions,
            "KubernetesAPIApprovalPolicyConformant",
            state == ApprovalState.Approved,
            state switch
            {
                ApprovalState.Approved => "ApprovedAnnotation",
                ApprovalState.Bypassed => "UnapprovedAnnotation",
                ApprovalState.Invalid => "InvalidAnnotation",
                _ => "MissingAnnotation",
            },
            text,
            now);
    }
}
