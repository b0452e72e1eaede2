namespace Orchestrator.Agent.Eviction;

/// <summary>What a node can run short of.</summary>
internal enum EvictionSignal
{
    /// <summary>Upstream's memory.available.</summary>
    Memory,

    /// <summary>Upstream's nodefs.available.</summary>
    NodeStorage,

    /// <summary>Upstream's nodefs.inodesFree.</summary>
    NodeInodes,
}
