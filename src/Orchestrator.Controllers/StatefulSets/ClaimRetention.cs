using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.StatefulSets;

/// <summary>Who should own a claim, so that the garbage collector deletes it as the set's retention policy says. Pure.</summary>
internal static class ClaimRetention
{
    /// <summary>The owners that the claim should have; the same list if those it has are right.</summary>
    /// <param name="set">The set.</param>
    /// <param name="pod">The pod that uses the claim.</param>
    /// <param name="claim">The claim.</param>
    /// <param name="condemned">Whether the pod goes since the set was scaled down.</param>
    public static ApiList<OwnerReference> Owners(StatefulSet set, Pod pod, PersistentVolumeClaim claim, bool condemned)
    {
        var policy = set.Spec.PersistentVolumeClaimRetentionPolicy;
        var whenDeleted = policy?.WhenDeleted == "Delete";
        var whenScaled = policy?.WhenScaled == "Delete";
        var owners = claim.Metadata.OwnerReferences;
        bool IsSet(OwnerReference o) => o is { ApiVersion: "apps/v1", Kind: "StatefulSet" } && o.Name == set.Metadata.Name;
        bool IsPod(OwnerReference o) => o is { ApiVersion: "v1", Kind: "Pod" } && o.Name == pod.Metadata.Name;
        if (owners.FirstOrDefault(IsSet) is { } ofSet && ofSet.Uid != set.Metadata.Uid || owners.FirstOrDefault(IsPod) is { } ofPod && ofPod.Uid != pod.Metadata.Uid)
        {
            // A namesake's that is gone: the garbage collector's business.
            return owners;
        }

        var others = owners.Where(o => !IsSet(o) && !IsPod(o)).ToList();
        if ((whenScaled || whenDeleted) && others.Exists(static o => o.Controller == true))
        {
            // Somebody else's.
            return others.Count == owners.Count ? owners : others.ToApiList();
        }

        var byPod = whenScaled && condemned;
        var bySet = whenDeleted && !byPod;
        var wanted = byPod ? [.. others, pod.ToControllerRef()]
            : bySet ? [.. others, set.ToControllerRef()]
            : others.ToApiList();

        // Also when they are in another order.
        return wanted.Count == owners.Count && wanted.All(w => owners.Any(w.Equals)) ? owners : wanted;
    }
}
