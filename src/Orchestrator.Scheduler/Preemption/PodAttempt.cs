using Orchestrator.Scheduler.Cluster;
using Orchestrator.Scheduler.Devices;
using Orchestrator.Scheduler.Evaluation;
using Orchestrator.Scheduler.Pods;
using Orchestrator.Scheduler.Queue;
using Orchestrator.Scheduler.Volumes;

namespace Orchestrator.Scheduler.Preemption;

/// <summary>One try to place one pod: its volumes and devices, and the room that is kept for others.</summary>
internal sealed class PodAttempt(
    QueuedPod queued, PodVolumes? volumes, PodDevices? devices, ClusterState cluster, Nominations nominations, PodPlacer placer) : IPodConstraints
{
    public PodDevices? Devices => devices;

    private PodInfo Pod => queued.Info;

    private bool HasConstraints => volumes is not null || devices is not null;

    public int Check(int slot, Verdicts verdicts)
    {
        var code = volumes?.Check(slot, verdicts) ?? Verdicts.Fits;
        return code == Verdicts.Fits && devices is not null ? devices.Check(slot, verdicts) : code;
    }

    public void Review(Span<int> codes, Verdicts verdicts)
    {
        foreach (var node in nominations.Nodes)
        {
            if (cluster.Nodes.TryFind(node, out var slot) && codes[slot] == Verdicts.Fits)
            {
                codes[slot] = CheckBesideNominated(slot);
            }
        }
    }

    /// <summary>Whether a node takes the pod as things are, and also once the equally or more important pods nominated to it are there.</summary>
    public int CheckFully(int slot)
    {
        var code = placer.Check(Pod, slot, HasConstraints ? this : null);
        return code == Verdicts.Fits ? CheckBesideNominated(slot) : code;
    }

    private int CheckBesideNominated(int slot)
    {
        List<PodInfo>? placed = null;
        foreach (var other in nominations.On(cluster.Nodes.NodeNames[slot]))
        {
            if (other != queued && other.Info.Node < 0 && other.Info.Priority >= Pod.Priority)
            {
                cluster.Place(other.Info, slot);
                (placed ??= []).Add(other.Info);
            }
        }

        if (placed is null)
        {
            return Verdicts.Fits;
        }

        var code = placer.Check(Pod, slot, HasConstraints ? this : null);
        foreach (var other in placed)
        {
            cluster.Displace(other);
        }

        return code;
    }
}
