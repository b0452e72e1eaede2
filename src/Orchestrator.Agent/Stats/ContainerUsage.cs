namespace Orchestrator.Agent.Stats;

/// <summary>What a container uses.</summary>
internal sealed record ContainerUsage(string Name, DateTimeOffset StartedAt, UsageSample Usage);
