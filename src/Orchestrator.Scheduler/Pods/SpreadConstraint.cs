using Orchestrator.Scheduler.Counting;

namespace Orchestrator.Scheduler.Pods;

/// <summary>A topology spread constraint with the running count of the pods that it is about.</summary>
internal sealed record SpreadConstraint
{
    public const string HostName = "kubernetes.io/hostname";

    public required TopologyColumn Column { get; init; }

    public required PodSet Pods { get; init; }

    public required int MaxSkew { get; init; }

    /// <summary>With fewer domains the global minimum counts as 0.</summary>
    public int MinDomains { get; init; } = 1;

    /// <summary>Count only nodes that the pod's node selector and affinity allow.</summary>
    public bool HonorsAffinity { get; init; } = true;

    /// <summary>Count only nodes whose taints the pod tolerates.</summary>
    public bool HonorsTaints { get; init; }

    /// <summary>Whether the pod itself is one of those that are spread.</summary>
    public required bool MatchesSelf { get; init; }

    public bool IsHostName => Column.Key == HostName;
}
