namespace Orchestrator.Storage.Sqlite;

/// <summary>What the SQLite engine can be told.</summary>
public sealed class SqliteStoreOptions
{
    /// <summary>Where the files are: <c>state.db</c>, its write-ahead log, and the lock. Made if missing, for its owner only.</summary>
    public required string Directory { get; init; }

    /// <summary>What holds for all engines.</summary>
    public StoreOptions Store { get; init; } = new();

    /// <summary>The most transactions that may wait to be committed; more are refused. Default 16,384.</summary>
    public int PendingMax { get; init; } = 16_384;

    /// <summary>The most transactions that one fsync commits. Default 512: at 3 KB each, more only adds to everybody's latency.</summary>
    public int BatchMax { get; init; } = 512;

    /// <summary>When the write-ahead log is this long, it is copied into the database in the background. Default 16 MiB.</summary>
    public long CheckpointBytes { get; init; } = 16 << 20;
}
