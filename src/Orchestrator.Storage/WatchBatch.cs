namespace Orchestrator.Storage;

/// <summary>What one read from a watch brought.</summary>
/// <param name="Status">Events, or why there will never be any more.</param>
/// <param name="Events">The events, at least one, in the order of revisions. The memory is the watch's and valid until its next read.</param>
public readonly record struct WatchBatch(WatchStatus Status, ReadOnlyMemory<ChangeEvent> Events)
{
    internal static WatchBatch Ended(WatchStatus status) => new(status, default);
}
