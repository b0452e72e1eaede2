namespace Orchestrator.Agent.Cgroups;

/// <summary>What a control group has used.</summary>
/// <param name="CpuNanos">Processor time since its making, in nanoseconds.</param>
/// <param name="MemoryBytes">Memory charged to it, with caches.</param>
/// <param name="WorkingSetBytes">Memory less the inactive file cache: what cannot be taken back without pain.</param>
/// <param name="RssBytes">Anonymous memory.</param>
/// <param name="PageFaults">Page faults.</param>
/// <param name="MajorPageFaults">Page faults that went to disk.</param>
internal sealed record CgroupUsage(ulong CpuNanos, ulong MemoryBytes, ulong WorkingSetBytes, ulong RssBytes, ulong PageFaults, ulong MajorPageFaults);
