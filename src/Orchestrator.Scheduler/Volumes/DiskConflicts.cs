using Orchestrator.Api.Core.V1;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Volumes;

/// <summary>Disks named in pods themselves, of which a node takes one user unless all only read.</summary>
internal static class DiskConflicts
{
    public static bool Exist(Pod pod, List<PodInfo> others)
    {
        foreach (var other in others)
        {
            if (!other.HasExclusiveDisk)
            {
                continue;
            }

            foreach (var mine in pod.Spec.Volumes)
            {
                foreach (var theirs in other.Pod.Spec.Volumes)
                {
                    if (Conflict(mine, theirs))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    private static bool Conflict(Volume a, Volume b)
    {
        if (a.GcePersistentDisk is { } gce && b.GcePersistentDisk is { } otherGce)
        {
            return gce.PdName == otherGce.PdName && !(gce.ReadOnly && otherGce.ReadOnly);
        }

        if (a.AwsElasticBlockStore is { } ebs && b.AwsElasticBlockStore is { } otherEbs)
        {
            return ebs.VolumeID == otherEbs.VolumeID;
        }

        if (a.Iscsi is { } iscsi && b.Iscsi is { } otherIscsi)
        {
            return iscsi.Iqn == otherIscsi.Iqn && !(iscsi.ReadOnly && otherIscsi.ReadOnly);
        }

        return a.Rbd is { } rbd && b.Rbd is { } otherRbd
            && rbd.Monitors.Intersect(otherRbd.Monitors).Any() && rbd.Pool == otherRbd.Pool && rbd.Image == otherRbd.Image
            && !(rbd.ReadOnly && otherRbd.ReadOnly);
    }
}
