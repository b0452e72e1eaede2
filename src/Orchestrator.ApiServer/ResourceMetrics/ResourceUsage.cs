namespace Orchestrator.ApiServer.ResourceMetrics;

/// <summary>What something had used when a node was asked.</summary>
/// <param name="CpuSeconds">Processor time since its start, in seconds of a core.</param>
/// <param name="MemoryBytes">Its working set.</param>
/// <param name="At">When the node measured it.</param>
internal sealed record ResourceUsage(double CpuSeconds, double MemoryBytes, DateTimeOffset At);
