using Orchestrator.Api;

namespace Orchestrator.Agent.Eviction;

/// <summary>Something of which there is less than there must be.</summary>
internal sealed record Shortage(EvictionSignal Signal, Quantity Threshold, Quantity Available)
{
    /// <summary>How events and statuses name what is short.</summary>
    public string Resource => Signal switch
    {
        EvictionSignal.Memory => "memory",
        EvictionSignal.NodeStorage => "ephemeral-storage",
        _ => "inodes",
    };
}
