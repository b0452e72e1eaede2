using Orchestrator.Scheduler.Cluster;
using Orchestrator.Scheduler.PodAffinity;
using Orchestrator.Scheduler.Pods;
using Orchestrator.Scheduler.Spreading;

namespace Orchestrator.Scheduler.Evaluation;

/// <summary>What is worked out for a shape to place its pods: the columns that it shares with shapes of equal needs, and its rules about other pods.</summary>
internal sealed class ShapeEvaluation(PodShape shape, ClusterState cluster, NodeEvaluation nodes) : IDisposable
{
    public NodeEvaluation Nodes => nodes;

    public SpreadRules Spread { get; } = new(shape, cluster);

    public AffinityRules Affinity { get; } = new(shape, cluster);

    /// <summary>The version of the workloads for which the default spreading was worked out.</summary>
    public long WorkloadsVersion { get; set; } = -1;

    /// <summary>Whether spreading or affinity of the shape look at a pod, or it at them.</summary>
    public bool IsAbout(PodInfo pod) => Spread.IsAbout(pod) || Affinity.IsAbout(pod);

    public void Dispose()
    {
        Spread.Dispose();
        Affinity.Dispose();
    }
}
