using Orchestrator.Api;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Rbac;

/// <summary>Rules of roles, and who is bound to them.</summary>
internal static class RoleRules
{
    private const string Group = "rbac.authorization.k8s.io";

    public static void Rules(ApiList<PolicyRule> rules, bool isNamespaced, FieldErrorList errors)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            var rule = rules[i];
            var path = FieldPath.Root("rules").Index(i);
            if (rule.Verbs.Count == 0)
            {
                errors.Missing(path, "verbs", "verbs must contain at least one value");
            }

            if (rule.NonResourceURLs.Count > 0)
            {
                if (isNamespaced)
                {
                    errors.Invalid(path, "nonResourceURLs", rule.NonResourceURLs, "namespaced rules cannot apply to non-resource URLs");
                }

                if (rule.ApiGroups.Count > 0 || rule.Resources.Count > 0 || rule.ResourceNames.Count > 0)
                {
                    errors.Invalid(path, "nonResourceURLs", rule.NonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs");
                }

                continue;
            }

            if (rule.ApiGroups.Count == 0)
            {
                errors.Missing(path, "apiGroups", "resource rules must supply at least one api group");
            }

            if (rule.Resources.Count == 0)
            {
                errors.Missing(path, "resources", "resource rules must supply at least one resource");
            }
        }
    }

    public static void Reference(RoleRef reference, bool isCluster, FieldErrorList errors)
    {
        var path = FieldPath.Root("roleRef");
        errors.OneOf(path, "apiGroup", reference.ApiGroup, Group);
        if (isCluster)
        {
            errors.OneOf(path, "kind", reference.Kind, "ClusterRole");
        }
        else
        {
            errors.OneOf(path, "kind", reference.Kind, "Role", "ClusterRole");
        }

        if (reference.Name.Length == 0)
        {
            errors.Missing(path, "name");
        }
        else
        {
            errors.InvalidEach(path, "name", reference.Name, Formats.PathSegment(reference.Name));
        }
    }

    public static void SameReference(RoleRef reference, RoleRef old, FieldErrorList errors)
    {
        if (!reference.Equals(old))
        {
            errors.Invalid(FieldPath.Root("roleRef"), new InternalValue(reference), "cannot change roleRef");
        }
    }

    public static void Subjects(ApiList<Subject> subjects, bool isCluster, FieldErrorList errors)
    {
        for (var i = 0; i < subjects.Count; i++)
        {
            var subject = subjects[i];
            var path = FieldPath.Root("subjects").Index(i);
            if (subject.Name.Length == 0)
            {
                errors.Missing(path, "name");
            }

            switch (subject.Kind)
            {
                case "ServiceAccount":
                    if (subject.Name.Length > 0)
                    {
                        errors.InvalidEach(path, "name", subject.Name, Formats.DnsSubdomain(subject.Name));
                    }

                    if (subject.ApiGroup.Length > 0)
                    {
                        errors.OneOf(path, "apiGroup", subject.ApiGroup, "");
                    }

                    if (isCluster && subject.Namespace.Length == 0)
                    {
                        errors.Missing(path, "namespace");
                    }

                    break;
                case "User" or "Group":
                    errors.OneOf(path, "apiGroup", subject.ApiGroup, Group);
                    break;
                default:
                    errors.OneOf(path, "kind", subject.Kind, "ServiceAccount", "User", "Group");
                    break;
            }
        }
    }
}
