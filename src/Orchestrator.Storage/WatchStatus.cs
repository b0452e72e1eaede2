namespace Orchestrator.Storage;

/// <summary>How a read from a watch came out.</summary>
public enum WatchStatus : byte
{
    /// <summary>There are events.</summary>
    Events,

    /// <summary>The start is older than what the store still knows: list again.</summary>
    Compacted,

    /// <summary>The watcher fell too far behind and was cut off: list again.</summary>
    Overflow,

    /// <summary>The store was closed, or has failed.</summary>
    Closed,
}
