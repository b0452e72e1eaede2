using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Rbac.V1;

namespace Orchestrator.ApiServer.Access.Rbac;

/// <summary>The roles and bindings that every cluster has, out of the fact table, and how what a cluster has is brought in line with them at start.</summary>
public static class BootstrapRbac
{
    private const string Group = "rbac.authorization.k8s.io";
    private const string AutoUpdate = "rbac.authorization.kubernetes.io/autoupdate";

    /// <summary>All objects, cluster roles first, in the order of the table.</summary>
    public static IReadOnlyList<ApiObject> Objects() =>
        EmbeddedTable.Rows("bootstrap-rbac.tsv")
            .Where(static r => !r[13].Contains("non-default feature gates", StringComparison.Ordinal))
            .GroupBy(static r => (Kind: r[0], Namespace: r[1], Name: r[2]))
            .Select(static g => Make(g.Key.Kind, g.ToArray()))
            .ToArray();

    /// <summary>
    /// What to write for one default object: itself if it is missing, a merge if the stored one lacks rules, subjects, labels or annotations;
    /// null if nothing is to do, or the stored one is annotated <c>autoupdate: "false"</c>.
    /// </summary>
    /// <remarks>What users added stays: rules and subjects are only ever added. A binding to another role cannot be merged and is replaced.</remarks>
    /// <returns>The object to create or update; <c>Recreate</c> if the stored one must be deleted first.</returns>
    public static (ApiObject Object, bool Recreate)? Reconcile(ApiObject wanted, ApiObject? stored)
    {
        if (stored is null)
        {
            return (wanted, false);
        }

        if (stored.Metadata.Annotations.GetValueOrDefault(AutoUpdate) == "false")
        {
            return null;
        }

        var metadata = stored.Metadata with
        {
            Labels = Merge(stored.Metadata.Labels, wanted.Metadata.Labels),
            Annotations = Merge(stored.Metadata.Annotations, wanted.Metadata.Annotations),
        };
        ApiObject merged;
        switch (wanted, stored)
        {
            case (Role w, Role s):
                merged = s with { Metadata = metadata, Rules = Merge(s.Rules, w.Rules) };
                break;
            case (ClusterRole { AggregationRule: null } w, ClusterRole s):
                merged = s with { Metadata = metadata, Rules = Merge(s.Rules, w.Rules) };
                break;
            case (ClusterRole w, ClusterRole s):
                var selectors = s.AggregationRule?.ClusterRoleSelectors ?? [];
                var lacking = w.AggregationRule!.ClusterRoleSelectors.Where(x => !selectors.Contains(x)).ToArray();
                merged = s with
                {
                    Metadata = metadata,
                    AggregationRule = lacking.Length == 0 && s.AggregationRule is not null ? s.AggregationRule
                        : new AggregationRule { ClusterRoleSelectors = [.. selectors, .. lacking] },
                };
                break;
            case (RoleBinding w, RoleBinding s):
                if (!w.RoleRef.Equals(s.RoleRef))
                {
                    return (w, true);
                }

                merged = s with { Metadata = metadata, Subjects = Merge(s.Subjects, w.Subjects) };
                break;
            case (ClusterRoleBinding w, ClusterRoleBinding s):
                if (!w.RoleRef.Equals(s.RoleRef))
                {
                    return (w, true);
                }

                merged = s with { Metadata = metadata, Subjects = Merge(s.Subjects, w.Subjects) };
                break;
            default:
                return null;
        }

        return merged.Equals(stored) ? null : (merged, false);
    }

    private static ApiList<PolicyRule> Merge(ApiList<PolicyRule> stored, ApiList<PolicyRule> wanted) =>
        RuleCover.Missing(stored, wanted) is { Count: > 0 } missing ? [.. stored, .. RuleCover.Compact(missing)] : stored;

    private static ApiList<Subject> Merge(ApiList<Subject> stored, ApiList<Subject> wanted) =>
        wanted.Where(s => !stored.Contains(s)).ToArray() is { Length: > 0 } missing ? [.. stored, .. missing] : stored;

    private static ApiMap<string> Merge(ApiMap<string> stored, ApiMap<string> wanted)
    {
        foreach (var (key, value) in wanted)
        {
            if (stored.GetValueOrDefault(key) != value)
            {
                stored = stored.With(key, value);
            }
        }

        return stored;
    }

    private static ApiObject Make(string kind, string[][] rows)
    {
        var first = rows[0];
        var metadata = new ObjectMeta { Name = first[2], Namespace = first[1], Labels = Pairs(first[3]), Annotations = Pairs(first[4]) };
        var rules = rows.Where(static r => r[6].Length > 0).Select(static r => new PolicyRule
        {
            Verbs = Values(r[6]),
            ApiGroups = Values(r[7]),
            Resources = Values(r[8]),
            ResourceNames = Values(r[9]),
            NonResourceURLs = Values(r[10]),
        }).ToApiList();
        const string version = Group + "/v1";
        return kind switch
        {
            "Role" => new Role { Kind = kind, ApiVersion = version, Metadata = metadata, Rules = rules },
            "RoleBinding" => new RoleBinding { Kind = kind, ApiVersion = version, Metadata = metadata, RoleRef = Reference(first[11]), Subjects = Subjects(first[12]) },
            "ClusterRoleBinding" => new ClusterRoleBinding { Kind = kind, ApiVersion = version, Metadata = metadata, RoleRef = Reference(first[11]), Subjects = Subjects(first[12]) },
            _ => new ClusterRole
            {
                Kind = kind,
                ApiVersion = version,
                Metadata = metadata,
                Rules = rules,
                AggregationRule = first[5].Length == 0 ? null : new AggregationRule
                {
                    ClusterRoleSelectors = first[5].Split(';').Select(static s => new LabelSelector { MatchLabels = Pairs(s) }).ToApiList(),
                },
            },
        };
    }

    private static ApiMap<string> Pairs(string cell) => ApiMap<string>.From(cell.Split(',', StringSplitOptions.RemoveEmptyEntries)
        .Select(static p => p.Split('=', 2)).Select(static p => KeyValuePair.Create(p[0], p[1])));

    /// <summary>Comma-separated; <c>""</c> is the empty text.</summary>
    private static ApiList<string> Values(string cell) =>
        cell.Length == 0 ? [] : cell.Split(',').Select(static v => v == "\"\"" ? "" : v).ToApiList();

    private static RoleRef Reference(string cell)
    {
        var parts = cell.Split('/', 2);
        return new RoleRef { ApiGroup = Group, Kind = parts[0], Name = parts[1] };
    }

    private static ApiList<Subject> Subjects(string cell) => cell.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static s =>
    {
        var colon = s.IndexOf(':', StringComparison.Ordinal);
        var (kind, name) = (s[..colon], s[(colon + 1)..]);
        if (kind != "ServiceAccount")
        {
            return new Subject { Kind = kind, ApiGroup = Group, Name = name };
        }

        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return new Subject { Kind = kind, Namespace = name[..slash], Name = name[(slash + 1)..] };
    }).ToApiList();
}
