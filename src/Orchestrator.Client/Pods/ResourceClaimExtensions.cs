using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Resources.V1;
using ResourceClaim = Orchestrator.Api.Resources.V1.ResourceClaim;

namespace Orchestrator.Client;

/// <summary>Whose claims for devices are.</summary>
public static class ResourceClaimExtensions
{
    /// <summary>The finalizer without which a claim could vanish while its devices are in use.</summary>
    public const string DeleteProtection = "resource.kubernetes.io/delete-protection";

    extension(ResourceClaim claim)
    {
        /// <summary>Whether a pod, told by its UID, may use the claim.</summary>
        public bool IsReservedFor(string podUid) => claim.Status.ReservedFor.Any(r => r.Uid == podUid);

        /// <summary>The claim with one more pod that may use it.</summary>
        public ResourceClaim ReservedAlsoFor(Pod pod) => claim with
        {
            Status = claim.Status with
            {
                ReservedFor = [.. claim.Status.ReservedFor, new() { Resource = "pods", Name = pod.Metadata.Name, Uid = pod.Metadata.Uid }],
            },
        };
    }
}
