namespace Orchestrator.Agent.Stats;

/// <summary>What something uses at a moment.</summary>
/// <param name="CpuNanos">Processor time since its start, in nanoseconds.</param>
/// <param name="NanoCores">Processor time per second over the last while, in billionths of a core.</param>
/// <param name="MemoryBytes">Memory, with caches.</param>
/// <param name="WorkingSetBytes">Memory that cannot be taken back without pain.</param>
/// <param name="RssBytes">Anonymous memory.</param>
/// <param name="PageFaults">Page faults.</param>
/// <param name="MajorPageFaults">Page faults that went to disk.</param>
internal sealed record UsageSample(
    ulong CpuNanos, ulong NanoCores, ulong MemoryBytes, ulong WorkingSetBytes, ulong RssBytes, ulong PageFaults, ulong MajorPageFaults);
