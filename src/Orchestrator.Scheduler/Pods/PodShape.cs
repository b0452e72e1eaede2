using Orchestrator.Api.Core.V1;
using Orchestrator.Scheduler.Counting;
using Orchestrator.Scheduler.Evaluation;

namespace Orchestrator.Scheduler.Pods;

/// <summary>What all pods with equal <see cref="PodShapeKey"/>s have in common; worked out once.</summary>
internal sealed class PodShape
{
    public required PodShapeKey Key { get; init; }

    /// <summary>One of the pods, for parts that are only needed now and then.</summary>
    public required Pod Sample { get; init; }

    public required PodRequest Request { get; init; }

    public required HostPort[] HostPorts { get; init; }

    /// <summary>The affinity terms by which its pods, once on a node, have a say about newcomers.</summary>
    public required TermGroup[] OwnTerms { get; init; }

    /// <summary>The counted sets that its pods belong to.</summary>
    public List<PodSet> Sets { get; } = [];

    /// <summary>How many pods there are of it.</summary>
    public int Pods { get; set; }

    /// <summary>What is known of each node with regard to it; null until one of its pods is to be scheduled, or after a long time without one.</summary>
    public ShapeEvaluation? Evaluation { get; set; }
}
