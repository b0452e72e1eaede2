using Orchestrator.Api.Core.V1;
using Orchestrator.Scheduler.Cluster;
using Orchestrator.Scheduler.Evaluation;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Queue;

/// <summary>Knows which of the pods that found no node a change could help, as upstream's queueing hints (KEP-4247) do.</summary>
internal sealed class QueueingHints(SchedulingQueue queue)
{
    /// <summary>Plugins that look at the pods beside a pod.</summary>
    public const Plugins NeighbourPlugins = Plugins.PodTopologySpread | Plugins.InterPodAffinity;

    private readonly Dictionary<PodShape, bool> _hints = [];

    /// <summary>Brings back the pods that a change could help.</summary>
    public void Announce(Change change)
    {
        if (queue.Unschedulable.Count == 0)
        {
            return;
        }

        _hints.Clear();
        List<QueuedPod>? helped = null;
        foreach (var queued in queue.Unschedulable)
        {
            if ((queued.RefusedBy & change.Interested) == 0)
            {
                continue;
            }

            // Pods of one shape are helped alike.
            if (!_hints.TryGetValue(queued.Info.Shape, out var helps))
            {
                _hints[queued.Info.Shape] = helps = Helps(change, queued);
            }

            if (helps)
            {
                (helped ??= []).Add(queued);
            }
        }

        foreach (var queued in helped ?? [])
        {
            queue.Retry(queued);
        }
    }

    private bool Helps(in Change change, QueuedPod queued)
    {
        if (queued.Info.Shape.Evaluation is not { } evaluation)
        {
            return true;
        }

        var cause = queued.RefusedBy & change.Interested;
        if ((cause & (Plugins.Volumes | Plugins.DynamicResources | Plugins.NoNodes)) != 0)
        {
            return true;
        }

        if (change.Pod is { } pod && (cause & NeighbourPlugins) != 0 && evaluation.IsAbout(pod))
        {
            return true;
        }

        // Is the node where it happened fit by itself now?
        return change.Node >= 0 && (change.Interested & ~NeighbourPlugins) != 0 && evaluation.Nodes.Check(change.Node) == Verdicts.Fits;
    }

    /// <summary>Whether a node changed in a way that pods care about; its heartbeats are none such.</summary>
    public static bool Helps(Node old, Node node) =>
        old.Spec.Unschedulable != node.Spec.Unschedulable
        || !old.Spec.Taints.Equals(node.Spec.Taints)
        || !old.Metadata.Labels.Equals(node.Metadata.Labels)
        || !old.Status.Allocatable.Equals(node.Status.Allocatable)
        || !old.Status.DeclaredFeatures.Equals(node.Status.DeclaredFeatures);
}
