using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Scheduler.Pods;

/// <summary>A pod as the scheduler sees it: waiting, assumed to be on a node, or on one.</summary>
internal sealed class PodInfo
{
    public required Pod Pod { get; set; }

    public required PodShape Shape { get; set; }

    public required PodRequest Request { get; set; }

    /// <summary>The names of the claims that it uses.</summary>
    public required string[] Claims { get; init; }

    /// <summary>Whether it has a volume that other pods on its node could be in the way of.</summary>
    public required bool HasExclusiveDisk { get; init; }

    public ObjectKey Key => Pod.Key;

    public string Uid => Pod.Metadata.Uid;

    public int Priority => Pod.Spec.Priority ?? 0;

    public bool IsTerminating => Pod.Metadata.DeletionTimestamp is not null;

    /// <summary>The slot of its node; -1 while it is on none.</summary>
    public int Node { get; set; } = -1;

    public int IndexOnNode { get; set; }

    /// <summary>On a node by our decision, which the API server has not confirmed yet.</summary>
    public bool IsAssumed { get; set; }
}
