namespace Orchestrator.Storage;

/// <summary>
/// The store without a disk, for tests and simulation: everything happens on the caller's thread, so a run can be replayed. History is
/// what the window holds.
/// </summary>
public sealed class InMemoryStore : IStore
{
    private readonly StoreMemory _memory;
    private readonly TimeProvider _time;
    private readonly Lock _committing = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isClosed;

    /// <summary>Makes an empty store.</summary>
    public InMemoryStore(StoreOptions options, TimeProvider time)
    {
        _memory = new(options, time);
        _time = time;
    }

    /// <inheritdoc/>
    public Revision CurrentRevision => _memory.CurrentRevision;

    /// <inheritdoc/>
    public Task Completion => _completion.Task;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Collections => _memory.Collections;

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<CommitResult>(cancellationToken);
        }

        lock (_committing)
        {
            if (_isClosed)
            {
                return ValueTask.FromException<CommitResult>(new StoreUnavailableException("the store is closed"));
            }

            var batch = new CommitBatch(_memory, _time.GetUtcNow());
            var result = batch.Apply(transaction);
            _memory.Publish(batch);
            return new(result);
        }
    }

    /// <inheritdoc/>
    public CollectionSnapshot Snapshot(string collection) => _memory.Snapshot(collection);

    /// <inheritdoc/>
    public async ValueTask<SnapshotAtResult> SnapshotAtAsync(string collection, Revision revision, CancellationToken cancellationToken)
    {
        await _memory.WaitForRevisionAsync(revision, cancellationToken);
        return new(_memory.SnapshotAt(collection, revision));
    }

    /// <inheritdoc/>
    public ValueTask SyncAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask WaitForRevisionAsync(Revision revision, CancellationToken cancellationToken) =>
        _memory.WaitForRevisionAsync(revision, cancellationToken);

    /// <inheritdoc/>
    public IWatch Watch(string collection, WatchScope scope, Revision after) => _memory.Watch(collection, scope, after, history: null);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<HistoryEntry>> HistoryAsync(StoreKey key, CancellationToken cancellationToken)
    {
        var entries = _memory.Collection(key.Collection).EventsOf(key.Name)
            .ConvertAll(change => new HistoryEntry(change.Revision, change.Time, change.Kind, change.Value));
        return new(entries);
    }

    /// <inheritdoc/>
    public ValueTask CompactAsync(Revision revision, CancellationToken cancellationToken)
    {
        _memory.Compact(revision);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<Revision> BackupAsync(string path, CancellationToken cancellationToken) =>
        throw new NotSupportedException("the in-memory store has nothing to back up");

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (_committing)
        {
            _isClosed = true;
        }

        _memory.Close();
        _completion.TrySetResult();
        return ValueTask.CompletedTask;
    }
}
