namespace Orchestrator.Agent.Stats;

/// <summary>What a pod and its containers use.</summary>
internal sealed record PodStats(Pod Pod, UsageSample Usage, IReadOnlyList<ContainerUsage> Containers);
