using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Resources.V1;
using Orchestrator.Client;
using Orchestrator.Scheduler.Cluster;
using Orchestrator.Scheduler.Evaluation;
using Orchestrator.Scheduler.Matching;
using Orchestrator.Scheduler.Pods;
using ResourceClaim = Orchestrator.Api.Resources.V1.ResourceClaim;

namespace Orchestrator.Scheduler.Devices;

/// <summary>What the device claims of one pod ask of nodes; made for one try.</summary>
internal sealed class PodDevices
{
    // The API's limit for the users of a claim.
    private const int ConsumersMax = 256;

    private readonly ClusterState _cluster;
    private readonly DeviceAllocator _allocator;
    private readonly PodInfo _pod;
    private readonly List<ResourceClaim> _missing = [];
    private readonly List<(ResourceClaim Claim, NodeMatcher? Nodes)> _allocated = [];
    private ResourceClaim? _outOfReach;

    private PodDevices(PodInfo pod, ClusterState cluster, DeviceAllocator allocator) => (_pod, _cluster, _allocator) = (pod, cluster, allocator);

    /// <summary>A claim that keeps the pod from nodes though nobody else uses it: its devices may go back.</summary>
    public ResourceClaim? Releasable =>
        _outOfReach is { } claim && claim.Status.ReservedFor.All(r => r.Uid == _pod.Uid) ? claim : null;

    /// <summary>The claims of a pod; null if it has none.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="cluster">Where it is to go.</param>
    /// <param name="catalog">The claims and devices.</param>
    /// <param name="allocator">Who gives devices to claims.</param>
    /// <param name="refusal">Why the pod cannot go anywhere; null if it can.</param>
    public static PodDevices? Of(PodInfo pod, ClusterState cluster, DeviceCatalog catalog, DeviceAllocator allocator, out string? refusal)
    {
        refusal = null;
        if (pod.Pod.Spec.ResourceClaims.Count == 0)
        {
            return null;
        }

        var devices = new PodDevices(pod, cluster, allocator);
        refusal = devices.Find(catalog);
        return devices;
    }

    /// <summary>Why a pod cannot be tried at all yet: a claim is not there, is another pod's, or goes; null if all are there.</summary>
    public static string? Lack(Pod pod, DeviceCatalog catalog)
    {
        foreach (var podClaim in pod.Spec.ResourceClaims)
        {
            if (!TryName(pod, podClaim, out var name))
            {
                return $"pod \"{pod.Key}\": ResourceClaim not created yet";
            }

            if (name is null)
            {
                continue;
            }

            if (catalog.Claim(new(pod.Metadata.Namespace, name)) is not { } claim)
            {
                return $"resourceclaim \"{name}\" not found";
            }

            if (claim.Metadata.DeletionTimestamp is not null)
            {
                return $"resourceclaim \"{name}\" is being deleted";
            }

            if (podClaim.ResourceClaimTemplateName is not null && PodShapeKey.ControllerOf(claim)?.Uid != pod.Metadata.Uid)
            {
                return $"ResourceClaim {claim.Key} was not created for pod {pod.Key} (pod is not owner)";
            }
        }

        return null;
    }

    /// <summary>Whether a node can have what the claims ask for.</summary>
    public int Check(int slot, Verdicts verdicts)
    {
        var node = _cluster.Nodes.Nodes[slot]!;
        foreach (var (claim, nodes) in _allocated)
        {
            if (nodes is not null && !nodes.Matches(node.Metadata.Name, node.Metadata.Labels))
            {
                _outOfReach = claim;
                return verdicts.Code(Plugins.DynamicResources, isFinal: true, "resourceclaim not available on the node");
            }
        }

        return _missing.Count == 0 || _allocator.Allocate(_missing, node) is not null
            ? Verdicts.Fits
            : verdicts.Code(Plugins.DynamicResources, isFinal: true, "cannot allocate all claims");
    }

    /// <summary>What to write for a node that was chosen; null if the claims are the pod's already.</summary>
    public DevicePlan? PlanFor(int slot)
    {
        var claims = new List<(ResourceClaim Claim, AllocationResult? Allocation)>();
        claims.AddRange(_allocated.Where(a => !a.Claim.IsReservedFor(_pod.Uid)).Select(static a => (a.Claim, (AllocationResult?)null)));
        if (_missing.Count > 0)
        {
            var allocations = _allocator.Allocate(_missing, _cluster.Nodes.Nodes[slot]!)
                ?? throw new InvalidOperationException($"the devices of {_pod.Key} no longer fit");
            claims.AddRange(_missing.Zip(allocations, static (claim, allocation) => (claim, (AllocationResult?)allocation)));
        }

        return claims.Count == 0 ? null : new(claims);
    }

    private string? Find(DeviceCatalog catalog)
    {
        if (Lack(_pod.Pod, catalog) is { } lack)
        {
            return lack;
        }

        foreach (var podClaim in _pod.Pod.Spec.ResourceClaims)
        {
            if (!TryName(_pod.Pod, podClaim, out var name) || name is null || catalog.Claim(new(_pod.Key.Namespace, name)) is not { } claim
                || _missing.Contains(claim) || _allocated.Exists(a => a.Claim == claim))
            {
                continue;
            }

            if (catalog.IsBeingAllocated(claim))
            {
                return $"resourceclaim {claim.Key} is in the process of being allocated";
            }

            if (claim.Status.Allocation is { } allocation)
            {
                if (claim.Status.ReservedFor.Count >= ConsumersMax && !claim.IsReservedFor(_pod.Uid))
                {
                    return "resourceclaim in use";
                }

                _allocated.Add((claim, allocation.NodeSelector is { } nodes ? NodeMatcher.Of(nodes) : null));
                continue;
            }

            foreach (var part in claim.Spec.Devices.Requests.SelectMany(DeviceRequestPart.Of))
            {
                if (catalog.Class(part.ClassName) is null)
                {
                    return $"request {part.Name}: device class {part.ClassName} does not exist";
                }
            }

            _missing.Add(claim);
        }

        return null;
    }

    /// <summary>The name of a pod's claim; false if it is not made yet, null if none is needed.</summary>
    private static bool TryName(Pod pod, PodResourceClaim podClaim, out string? name)
    {
        name = podClaim.ResourceClaimName;
        if (name is not null)
        {
            return true;
        }

        var status = pod.Status.ResourceClaimStatuses.FirstOrDefault(s => s.Name == podClaim.Name);
        name = status?.ResourceClaimName;
        return status is not null;
    }
}
