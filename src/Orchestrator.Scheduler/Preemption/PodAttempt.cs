using Orchestrator.Scheduler.Cluster;
using Orchestrator.Scheduler.Evaluation;
using Orchestrator.Scheduler.Pods;
using Orchestrator.Scheduler.Queue;
using Orchestrator.Scheduler.Volumes;

namespace Orchestrator.Scheduler.Preemption;

/// <summary>One try to place one pod: its volumes, and the room that is kept for others.</summary>
internal sealed class PodAttempt(QueuedPod queued, PodVolumes? volumes, ClusterState cluster, Nominations nominations, PodPlacer placer) : IPodConstraints
{
    public PodVolumes? Volumes => volumes;

    private PodInfo Pod => queued.Info;

    public int Check(int slot, Verdicts verdicts) => volumes?.Check(slot, verdicts) ?? Verdicts.Fits;

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
        var code = placer.Check(Pod, slot, volumes is null ? null : this);
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

        var code = placer.Check(Pod, slot, volumes is null ? null : this);
        foreach (var other in placed)
        {
            cluster.Displace(other);
        }

        return code;
    }
}
