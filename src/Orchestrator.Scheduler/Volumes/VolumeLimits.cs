using Orchestrator.Api.Core.V1;
using Orchestrator.Scheduler.Cluster;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Volumes;

/// <summary>How many volumes of each CSI driver a node can have attached.</summary>
internal static class VolumeLimits
{
    public static bool Allow(PodInfo pod, int slot, ClusterState cluster, VolumeCatalog catalog)
    {
        if (pod.Claims.Length == 0 || catalog.CsiNode(cluster.Nodes.NodeNames[slot]) is not { } csi)
        {
            return true;
        }

        Dictionary<string, HashSet<string>>? wanted = null;
        foreach (var driver in csi.Spec.Drivers)
        {
            if (driver.Allocatable?.Count is not { } limit)
            {
                continue;
            }

            wanted ??= HandlesOf(pod, catalog);
            if (!wanted.TryGetValue(driver.Name, out var mine))
            {
                continue;
            }

            var all = new HashSet<string>(mine);
            foreach (var other in cluster.Nodes.Pods[slot])
            {
                if (other.Claims.Length > 0 && HandlesOf(other, catalog).TryGetValue(driver.Name, out var theirs))
                {
                    all.UnionWith(theirs);
                }
            }

            if (all.Count > limit)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>By driver, what tells volumes apart; a claim without a volume yet stands for the one it will get.</summary>
    private static Dictionary<string, HashSet<string>> HandlesOf(PodInfo pod, VolumeCatalog catalog)
    {
        var handles = new Dictionary<string, HashSet<string>>();
        foreach (var name in pod.Claims)
        {
            if (catalog.Claim(new(pod.Key.Namespace, name)) is not { } claim)
            {
                continue;
            }

            if (claim.Spec.VolumeName.Length > 0 && catalog.Volume(claim.Spec.VolumeName) is { } volume)
            {
                if (volume.Spec.Csi is { } source)
                {
                    Add(source.Driver, source.VolumeHandle);
                }
            }
            else if (claim.Spec.StorageClassName is { Length: > 0 } className && catalog.Class(className) is { } storageClass)
            {
                Add(storageClass.Provisioner, $"{claim.Key}");
            }
        }

        return handles;

        void Add(string driver, string handle)
        {
            if (!handles.TryGetValue(driver, out var set))
            {
                handles[driver] = set = [];
            }

            set.Add(handle);
        }
    }
}
