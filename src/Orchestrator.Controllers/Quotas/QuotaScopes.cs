using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Controllers.Quotas;

/// <summary>Whether a pod falls under a quota's scopes. Pure.</summary>
internal static class QuotaScopes
{
    public static bool Cover(ResourceQuota quota, Pod pod) =>
        quota.Spec.Scopes.All(s => Matches(s, "Exists", [], pod))
        && (quota.Spec.ScopeSelector?.MatchExpressions ?? []).All(e => Matches(e.ScopeName, e.Operator, e.Values, pod));

    private static bool Matches(string scope, string operation, ApiList<string> values, Pod pod) => scope switch
    {
        "Terminating" => pod.Spec.ActiveDeadlineSeconds is >= 0,
        "NotTerminating" => pod.Spec.ActiveDeadlineSeconds is null,
        "BestEffort" => pod.Status.QosClass == "BestEffort",
        "NotBestEffort" => pod.Status.QosClass != "BestEffort",
        "CrossNamespacePodAffinity" => HasForeignTerm(pod),
        "PriorityClass" => operation switch
        {
            "In" => values.Contains(pod.Spec.PriorityClassName),
            "NotIn" => !values.Contains(pod.Spec.PriorityClassName),
            "DoesNotExist" => pod.Spec.PriorityClassName.Length == 0,
            _ => pod.Spec.PriorityClassName.Length > 0,
        },
        _ => true,
    };

    private static bool HasForeignTerm(Pod pod)
    {
        var (with, against) = (pod.Spec.Affinity?.PodAffinity, pod.Spec.Affinity?.PodAntiAffinity);
        return (with?.RequiredDuringSchedulingIgnoredDuringExecution ?? []).Concat(against?.RequiredDuringSchedulingIgnoredDuringExecution ?? [])
            .Concat((with?.PreferredDuringSchedulingIgnoredDuringExecution ?? []).Concat(against?.PreferredDuringSchedulingIgnoredDuringExecution ?? []).Select(static w => w.PodAffinityTerm))
            .Any(static t => t.Namespaces.Count > 0 || t.NamespaceSelector is not null);
    }
}
