using Orchestrator.Agent.Pods;
using Orchestrator.Client;

namespace Orchestrator.Agent.Devices;

/// <summary>Looks whether a pod may have the devices of its claims, before anything of it is made.</summary>
/// <remarks>
/// No driver of devices can register with this agent, so a pod whose claims have devices waits, as it does with a kubelet whose driver is
/// not there. A claim without devices (a class may match none) keeps nobody.
/// </remarks>
internal sealed class PodDevices(INodeApi api)
{
    /// <summary>Why the devices are not ready, as upstream says it; null if they are, or if the pod asks for none.</summary>
    public async Task<string?> PrepareAsync(Pod pod, CancellationToken cancellationToken)
    {
        foreach (var podClaim in pod.Spec.ResourceClaims)
        {
            var status = pod.Status.ResourceClaimStatuses.FirstOrDefault(s => s.Name == podClaim.Name);
            if (podClaim.ResourceClaimName is null && status is null)
            {
                return Fault($"pod \"{pod.Metadata.Namespace}/{pod.Metadata.Name}\": ResourceClaim not created yet");
            }

            if ((podClaim.ResourceClaimName ?? status?.ResourceClaimName) is not { } name)
            {
                continue;
            }

            if (await api.GetDeviceClaimAsync(pod.Metadata.Namespace, name, cancellationToken) is not { } claim)
            {
                return Fault($"fetch ResourceClaim {name}: resourceclaims.resource.k8s.io \"{name}\" not found");
            }

            if (!claim.IsReservedFor(pod.Metadata.Uid))
            {
                return Fault($"pod {pod.Metadata.Name} ({pod.Metadata.Uid}) is not allowed to use ResourceClaim {name} ({claim.Metadata.Uid})");
            }

            if (claim.Status.Allocation is not { } allocation)
            {
                return Fault($"ResourceClaim {name} is not allocated");
            }

            if (allocation.Devices.Results is [var first, ..])
            {
                return Fault($"DRA driver {first.Driver} is not registered");
            }
        }

        return null;
    }

    private static string Fault(string reason) => $"prepare dynamic resources: {reason}";
}
