namespace Orchestrator.Client;

/// <summary>What a watch reports.</summary>
public enum WatchEventType
{
    Added,
    Modified,
    Deleted,

    /// <summary>Nothing changed up to this resource version.</summary>
    Bookmark,

    /// <summary>The watch is over; the event has a status.</summary>
    Error,
}
