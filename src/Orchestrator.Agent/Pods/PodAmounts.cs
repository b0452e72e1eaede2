namespace Orchestrator.Agent.Pods;

/// <summary>Processor and memory of a whole pod.</summary>
/// <param name="CpuMillis">Thousandths of a core.</param>
/// <param name="Memory">Bytes.</param>
/// <param name="AllHaveCpu">Whether every container says something of processors.</param>
/// <param name="AllHaveMemory">Whether every container says something of memory.</param>
internal readonly record struct PodAmounts(long CpuMillis, long Memory, bool AllHaveCpu, bool AllHaveMemory);
