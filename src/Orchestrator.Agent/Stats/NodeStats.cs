namespace Orchestrator.Agent.Stats;

/// <summary>What the node and its pods use.</summary>
internal sealed record NodeStats(DateTimeOffset Time, UsageSample Node, IReadOnlyList<PodStats> Pods);
