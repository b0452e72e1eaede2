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
        if (owners.Any(o => o.Controller == true && o.Uid != set.Metadata.Uid && o.Uid != pod.Metadata.Uid && o.Kind is not ("StatefulSet" or "Pod")))
        {
            // Somebody else's business.
            return owners;
        }

        var byPod = whenScaled && condemned;
        var bySet = whenDeleted && !byPod;
        var others = owners.Where(o => o.Uid != set.Metadata.Uid && !(o.Kind == "Pod" && o.Name == pod.Metadata.Name)).ToList();
        var wanted = byPod ? [.. others, pod.ToControllerRef()]
            : bySet ? [.. others, set.ToControllerRef()]
            : others.ToApiList();
        return wanted.Equals(owners) ? owners : wanted;
    }
}
