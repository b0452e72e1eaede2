namespace Orchestrator.Storage;

/// <summary>
/// The revisioned key-value store that all state of a cluster lives in: transactions with expectations, reads at a revision, watches from
/// a revision. It knows bytes and revisions, and nothing of what they mean.
/// </summary>
/// <remarks>
/// Reads are answered from memory: they take no lock and never wait for a writer. A commit that was answered is durable, and every
/// snapshot taken and watch read afterwards shows it. Members may be called from any thread at once.
/// </remarks>
public interface IStore : IAsyncDisposable
{
    /// <summary>The newest revision that reads show.</summary>
    Revision CurrentRevision { get; }

    /// <summary>Completes when the store has stopped for good: normally after disposal, faulted if it stopped by itself.</summary>
    Task Completion { get; }

    /// <summary>The names of the collections that were ever used since start, in no order; some may be empty.</summary>
    IReadOnlyCollection<string> Collections { get; }

    /// <summary>Commits a transaction, or says which expectation failed.</summary>
    /// <param name="transaction">What to do. Payloads belong to the store from now on.</param>
    /// <param name="cancellationToken">
    /// Honoured until the transaction is handed to the engine. From then on the outcome is awaited, since it could no longer be undone.
    /// </param>
    /// <exception cref="StoreUnavailableException">Nothing was done; trying again may succeed.</exception>
    /// <exception cref="StoreOutcomeUnknownException">It may have been done.</exception>
    ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken cancellationToken);

    /// <summary>The collection as it is now: a reference to an immutable index, so it costs next to nothing. Empty if never used.</summary>
    CollectionSnapshot Snapshot(string collection);

    /// <summary>
    /// The collection as it was at a revision; waits if the revision is yet to come. Cheap within the watch window (see
    /// <see cref="StoreOptions"/>) and for repeated reads of one revision; read back from disk beyond it, where the engine keeps history.
    /// </summary>
    ValueTask<SnapshotAtResult> SnapshotAtAsync(string collection, Revision revision, CancellationToken cancellationToken);

    /// <summary>
    /// Completes when snapshots show everything that was acknowledged to anybody before the call: what a consistent read has to await
    /// first. Immediate where this process is the only writer; a round trip to etcd.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The engine cannot tell now.</exception>
    ValueTask SyncAsync(CancellationToken cancellationToken);

    /// <summary>Completes when <see cref="CurrentRevision"/> has reached <paramref name="revision"/>.</summary>
    ValueTask WaitForRevisionAsync(Revision revision, CancellationToken cancellationToken);

    /// <summary>
    /// The changes after <paramref name="after"/>, which may lie in the future. To list and then watch without a gap, start at the
    /// snapshot's revision. A start that is too old shows in the first read.
    /// </summary>
    IWatch Watch(string collection, WatchScope scope, Revision after);

    /// <summary>A key's retained past, oldest first; empty if nothing is known. Collections that keep no history show the current value at most.</summary>
    ValueTask<IReadOnlyList<HistoryEntry>> HistoryAsync(StoreKey key, CancellationToken cancellationToken);

    /// <summary>Forgets what was superseded at or before a revision, now rather than when its time comes.</summary>
    ValueTask CompactAsync(Revision revision, CancellationToken cancellationToken);

    /// <summary>Writes a consistent copy of the store to a file that does not exist yet, while everything goes on.</summary>
    /// <returns>A revision up to which everything is in the copy; later ones may be too.</returns>
    /// <exception cref="NotSupportedException">The engine has its own way to be backed up (etcd: <c>etcdctl snapshot save</c>).</exception>
    ValueTask<Revision> BackupAsync(string path, CancellationToken cancellationToken);
}
