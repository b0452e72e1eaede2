using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Controllers.Quotas;

/// <summary>Whether a claim falls under a quota's scopes. Pure.</summary>
internal static class ClaimScopes
{
    public static bool Cover(ResourceQuota quota, PersistentVolumeClaim claim) =>
        quota.Spec.Scopes.All(s => Matches(s, "Exists", [], claim))
        && (quota.Spec.ScopeSelector?.MatchExpressions ?? []).All(e => Matches(e.ScopeName, e.Operator, e.Values, claim));

    /// <summary>The attributes classes of a claim: while it changes from one to another, both.</summary>
    public static IEnumerable<string> ClassesOf(PersistentVolumeClaim claim) =>
        new[] { claim.Spec.VolumeAttributesClassName, claim.Status.CurrentVolumeAttributesClassName, claim.Status.ModifyVolumeStatus?.TargetVolumeAttributesClassName }
            .OfType<string>().Where(static n => n.Length > 0).Distinct();

    private static bool Matches(string scope, string operation, ApiList<string> values, PersistentVolumeClaim claim)
    {
        if (scope != "VolumeAttributesClass")
        {
            return false;
        }

        var names = ClassesOf(claim).ToList();
        return operation switch
        {
            "In" => names.Exists(values.Contains),
            "NotIn" => names.Count == 0 || names.Exists(n => !values.Contains(n)),
            "DoesNotExist" => names.Count == 0,
            _ => names.Count > 0,
        };
    }
}
