namespace Orchestrator.Storage;

/// <summary>A collection as of a past revision, or that it cannot be had.</summary>
/// <param name="Snapshot">The collection as of the revision asked for; null if that has been compacted.</param>
public readonly record struct SnapshotAtResult(CollectionSnapshot? Snapshot)
{
    /// <summary>Whether the revision is older than what the store still knows.</summary>
    public bool IsCompacted => Snapshot is null;
}
