using Orchestrator.Api.Core.V1;

namespace Orchestrator.Controllers.Nodes;

/// <summary>What the monitor remembers of a node: when it last saw a sign of life, by its own clock.</summary>
internal sealed class NodeHealth
{
    /// <summary>Time stamp of the last sign of life.</summary>
    public long SeenAt { get; set; }

    /// <summary>The Ready condition's heartbeat at that time.</summary>
    public DateTimeOffset? Heartbeat { get; set; }

    /// <summary>The Lease's renewal at that time.</summary>
    public DateTimeOffset? Renewal { get; set; }

    /// <summary>Whether its pods still have to be marked not ready.</summary>
    public bool PodsToMark { get; set; }

    /// <summary>The status of the Ready condition as the monitor left it.</summary>
    public string Ready { get; set; } = "Unknown";
}
