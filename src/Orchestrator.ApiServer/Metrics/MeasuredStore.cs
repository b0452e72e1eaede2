using System.Runtime.CompilerServices;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>A store whose commits are timed. Everything else goes straight through.</summary>
internal sealed class MeasuredStore(IStore inner, MetricRegistry metrics, TimeProvider time) : IStore
{
    private readonly StoreInstruments _instruments = new(metrics, inner);

    public Revision CurrentRevision => inner.CurrentRevision;

    public Task Completion => inner.Completion;

    public IReadOnlyCollection<string> Collections => inner.Collections;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var failed = true;
        try
        {
            var result = await inner.CommitAsync(transaction, cancellationToken);
            failed = false;
            return result;
        }
        finally
        {
            _instruments.Committed(transaction.Operations[0], time.GetElapsedTime(started), failed);
        }
    }

    public CollectionSnapshot Snapshot(string collection) => inner.Snapshot(collection);

    public ValueTask<SnapshotAtResult> SnapshotAtAsync(string collection, Revision revision, CancellationToken cancellationToken) =>
        inner.SnapshotAtAsync(collection, revision, cancellationToken);

    public ValueTask SyncAsync(CancellationToken cancellationToken) => inner.SyncAsync(cancellationToken);

    public ValueTask WaitForRevisionAsync(Revision revision, CancellationToken cancellationToken) => inner.WaitForRevisionAsync(revision, cancellationToken);

    public IWatch Watch(string collection, WatchScope scope, Revision after) => inner.Watch(collection, scope, after);

    public ValueTask<IReadOnlyList<HistoryEntry>> HistoryAsync(StoreKey key, CancellationToken cancellationToken) => inner.HistoryAsync(key, cancellationToken);

    public ValueTask CompactAsync(Revision revision, CancellationToken cancellationToken) => inner.CompactAsync(revision, cancellationToken);

    public ValueTask<Revision> BackupAsync(string path, CancellationToken cancellationToken) => inner.BackupAsync(path, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
