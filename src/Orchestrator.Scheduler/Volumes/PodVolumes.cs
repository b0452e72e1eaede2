using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Scheduler.Cluster;
using Orchestrator.Scheduler.Evaluation;
using Orchestrator.Scheduler.Matching;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Volumes;

/// <summary>What the volumes of one pod ask of nodes; made for one try.</summary>
internal sealed class PodVolumes
{
    private readonly ClusterState _cluster;
    private readonly VolumeCatalog _catalog;
    private readonly PodInfo _pod;
    private readonly List<(PersistentVolume? Volume, NodeMatcher? Affinity)> _bound = [];
    private readonly List<PersistentVolumeClaim> _unbound = [];
    private readonly List<ZoneRule> _zones = [];
    private readonly List<PersistentVolumeClaim> _exclusive = [];
    private readonly List<(PersistentVolumeClaim Claim, PersistentVolume Volume)> _taken = [];

    private PodVolumes(PodInfo pod, ClusterState cluster, VolumeCatalog catalog) => (_pod, _cluster, _catalog) = (pod, cluster, catalog);

    /// <summary>The volumes of a pod; null if none of them matters.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="cluster">Where it is to go.</param>
    /// <param name="catalog">The storage objects.</param>
    /// <param name="refusal">Why the pod cannot go anywhere; null if it can.</param>
    /// <param name="by">Who refused.</param>
    public static PodVolumes? Of(PodInfo pod, ClusterState cluster, VolumeCatalog catalog, out string? refusal, out Plugins by)
    {
        (refusal, by) = (null, Plugins.None);
        if (pod.Claims.Length == 0 && !pod.HasExclusiveDisk)
        {
            return null;
        }

        var volumes = new PodVolumes(pod, cluster, catalog);
        (refusal, by) = volumes.Find();
        return volumes;
    }

    /// <summary>Whether a node can have the volumes.</summary>
    public int Check(int slot, Verdicts verdicts)
    {
        var node = _cluster.Nodes.Nodes[slot]!;
        if (_pod.HasExclusiveDisk && DiskConflicts.Exist(_pod.Pod, _cluster.Nodes.Pods[slot]))
        {
            return verdicts.Code(Plugins.VolumeRestrictions, isFinal: false, "node(s) had no available disk");
        }

        foreach (var claim in _exclusive)
        {
            if (_cluster.UsersOf(claim.Key) > 0)
            {
                return verdicts.Code(
                    Plugins.VolumeRestrictions, isFinal: false, "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode");
            }
        }

        if (!VolumeLimits.Allow(_pod, slot, _cluster, _catalog))
        {
            return verdicts.Code(Plugins.NodeVolumeLimits, isFinal: false, "node(s) exceed max volume count");
        }

        // Claims with a volume and claims without one are looked at apart from each other, and each side has its say.
        List<string>? reasons = null;
        foreach (var (volume, affinity) in _bound)
        {
            if (volume is null)
            {
                reasons = ["node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"];
                break;
            }

            if (affinity is not null && !affinity.Matches(node.Metadata.Name, node.Metadata.Labels))
            {
                reasons = ["node(s) didn't match PersistentVolume's node affinity"];
                break;
            }
        }

        if (_unbound.Count > 0 && TryPlan(node, out _) is { } unplanned)
        {
            (reasons ??= []).Add(unplanned);
        }

        if (reasons is not null)
        {
            return verdicts.Code(Plugins.VolumeBinding, isFinal: true, reasons);
        }

        if (_zones.Count > 0 && ZoneRule.IsZoned(node.Metadata.Labels))
        {
            foreach (var zone in _zones)
            {
                if (!zone.Admits(node.Metadata.Labels))
                {
                    return verdicts.Code(Plugins.VolumeZone, isFinal: true, "node(s) had no available volume zone");
                }
            }
        }

        return Verdicts.Fits;
    }

    /// <summary>What to write for a node that was chosen; null if all claims are bound.</summary>
    public VolumePlan? PlanFor(int slot)
    {
        if (_unbound.Count == 0)
        {
            return null;
        }

        var reason = TryPlan(_cluster.Nodes.Nodes[slot]!, out var provisionings);
        return reason is null ? new([.. _taken], provisionings) : throw new InvalidOperationException($"the volumes of {_pod.Key} no longer fit: {reason}");
    }

    private (string? Refusal, Plugins By) Find()
    {
        var ns = _pod.Key.Namespace;

        // 1. As VolumeRestrictions: claims that are named must exist.
        foreach (var volume in _pod.Pod.Spec.Volumes)
        {
            if (volume.PersistentVolumeClaim is { } named)
            {
                if (_catalog.Claim(new(ns, named.ClaimName)) is not { } claim)
                {
                    return ($"persistentvolumeclaim \"{named.ClaimName}\" not found", Plugins.VolumeRestrictions);
                }

                if (claim.Spec.AccessModes.Contains("ReadWriteOncePod"))
                {
                    _exclusive.Add(claim);
                }
            }
        }

        // 2. As VolumeBinding: they must be usable, all of them, before it counts whether they are bound.
        var immediate = false;
        foreach (var volume in _pod.Pod.Spec.Volumes)
        {
            if (PodClaims.ClaimOf(_pod.Pod, volume) is not { } name)
            {
                continue;
            }

            if (_catalog.Claim(new(ns, name)) is not { } claim)
            {
                return ($"waiting for ephemeral volume controller to create the persistentvolumeclaim \"{name}\"", Plugins.VolumeBinding);
            }

            if (claim.Status.Phase == "Lost")
            {
                return ($"persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{claim.Spec.VolumeName}\"", Plugins.VolumeBinding);
            }

            if (claim.Metadata.DeletionTimestamp is not null)
            {
                return ($"persistentvolumeclaim \"{name}\" is being deleted", Plugins.VolumeBinding);
            }

            if (volume.Ephemeral is not null && PodShapeKey.ControllerOf(claim)?.Uid != _pod.Uid)
            {
                return ($"PVC {claim.Key} was not created for pod {_pod.Key} (pod is not owner)", Plugins.VolumeBinding);
            }

            if (VolumeCatalog.IsBound(claim))
            {
                var bound = _catalog.Volume(claim.Spec.VolumeName);
                _bound.Add((bound, bound?.Spec.NodeAffinity?.Required is { } required ? NodeMatcher.Of(required) : null));
                if (bound is not null)
                {
                    _zones.AddRange(ZoneRule.Of(bound));
                }
            }
            else if (_catalog.WaitsForPod(claim))
            {
                _unbound.Add(claim);
            }
            else
            {
                immediate = true;
            }
        }

        if (immediate)
        {
            return ("pod has unbound immediate PersistentVolumeClaims", Plugins.VolumeBinding);
        }

        // The smallest first, so that a large volume is not wasted on a small claim.
        _unbound.Sort(static (a, b) => Size(a).CompareTo(Size(b)));
        return (null, Plugins.None);
    }

    private static Int128 Size(PersistentVolumeClaim claim) => claim.Spec.Resources.Requests.TryGetValue("storage", out var size) ? size.Nanos : 0;

    /// <summary>Finds volumes for all unbound claims on a node; gives why that is impossible.</summary>
    private string? TryPlan(Node node, out List<PersistentVolumeClaim> provisionings)
    {
        const string NoVolume = "node(s) didn't find available persistent volumes to bind";
        provisionings = [];
        _taken.Clear();
        foreach (var claim in _unbound)
        {
            // Provisioning was begun for a node already: it stays there.
            if (claim.Metadata.Annotations.TryGetValue(VolumeAnnotations.SelectedNode, out var selected))
            {
                if (selected != node.Metadata.Name)
                {
                    return NoVolume;
                }

                provisionings.Add(claim);
                continue;
            }

            if (ClaimMatch.Find(_catalog, claim, node, _taken) is { } volume)
            {
                _taken.Add((claim, volume));
                continue;
            }

            var storageClass = _catalog.Class(claim.Spec.StorageClassName ?? "");
            if (storageClass is null || storageClass.Provisioner is "" or VolumeAnnotations.NoProvisioner || !Provisioning.Allows(storageClass, node.Metadata.Labels))
            {
                return NoVolume;
            }

            if (!Provisioning.HasCapacity(_catalog, storageClass, Size(claim), node.Metadata.Labels))
            {
                return "node(s) did not have enough free storage";
            }

            provisionings.Add(claim);
        }

        return null;
    }
}
