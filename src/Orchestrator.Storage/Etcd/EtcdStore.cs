using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Protos.Etcd;
using Orchestrator.Storage.Indexing;

namespace Orchestrator.Storage.Etcd;

/// <summary>
/// The store in an etcd cluster, shared by several servers. Writes are etcd transactions; reads are answered from memory, which follows
/// etcd's watch. A commit is answered when the watch has brought it, so that its caller reads what it wrote.
/// </summary>
public sealed class EtcdStore : IStore
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FutureCheckInterval = TimeSpan.FromSeconds(1);

    private readonly EtcdClient _client;
    private readonly EtcdKeys _keys;
    private readonly EtcdTransactions _transactions;
    private readonly EtcdFollower _follower;
    private readonly EtcdCompactor _compactor;
    private readonly EtcdInFlight _inFlight = new();
    private readonly StoreMemory _memory;
    private readonly EtcdStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private Task _completion = Task.CompletedTask;
    private int _isDisposed;

    private EtcdStore(EtcdStoreOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _time = time;
        _client = new(options, time, logger);
        _keys = new(options.Prefix);
        _transactions = new(_keys, options.Store.Transformer);
        _memory = new(options.Store, time);
        _follower = new(_client, _keys, _transactions, _memory, _inFlight, time, logger);
        _compactor = new(_client, _memory, options, time, logger);
    }

    /// <inheritdoc/>
    public Revision CurrentRevision => _memory.CurrentRevision;

    /// <inheritdoc/>
    public Task Completion => _completion;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Collections => _memory.Collections;

    /// <summary>Connects and reads everything into memory.</summary>
    /// <exception cref="StoreUnavailableException">No endpoint answered.</exception>
    public static async Task<EtcdStore> OpenAsync(EtcdStoreOptions options, TimeProvider time, ILogger<EtcdStore> logger, CancellationToken cancellationToken)
    {
        var store = new EtcdStore(options, time, logger);
        try
        {
            await store._follower.LoadAsync(cancellationToken);
            store._running = store.RunAsync();
            store._completion = store.CompleteAsync();
            return store;
        }
        catch
        {
            store._client.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_stop.IsCancellationRequested)
        {
            throw new StoreUnavailableException("the store is closed");
        }

        _inFlight.Add(transaction);
        try
        {
            var request = _transactions.Request(transaction);
            var response = await _client.WriteAsync((endpoint, options) => endpoint.KeyValues.TxnAsync(request, options));
            var revision = new Revision(response.Header.Revision);
            return response.Succeeded
                ? await CommittedAsync(transaction, response, revision)
                : await FailedAsync(transaction, response, revision);
        }
        finally
        {
            _inFlight.Remove(transaction);
        }
    }

    /// <inheritdoc/>
    public CollectionSnapshot Snapshot(string collection) => _memory.Snapshot(collection);

    /// <inheritdoc/>
    public async ValueTask<SnapshotAtResult> SnapshotAtAsync(string collection, Revision revision, CancellationToken cancellationToken)
    {
        await WaitForRevisionAsync(revision, cancellationToken);
        if (_memory.SnapshotAt(collection, revision) is { } inMemory)
        {
            return new(inMemory);
        }

        var past = await ReadPastAsync(collection, revision, cancellationToken);
        if (past is not null)
        {
            _memory.Collection(collection).Remember(past);
        }

        return new(past);
    }

    /// <inheritdoc/>
    public async ValueTask WaitForRevisionAsync(Revision revision, CancellationToken cancellationToken)
    {
        while (CurrentRevision < revision && !await ReachesAsync(revision, FutureCheckInterval, cancellationToken))
        {
            // It may be a revision of somebody else's keys, of which no event tells us.
            await SyncAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask SyncAsync(CancellationToken cancellationToken)
    {
        var answer = await _client.ReadAsync(
            (endpoint, options) => endpoint.KeyValues.RangeAsync(new RangeRequest { Key = _keys.Fence, KeysOnly = true }, options), cancellationToken);
        if (await ReachesAsync(new(answer.Header.Revision), Patience, cancellationToken))
        {
            return;
        }

        // Its event comes after everything that the answer stands for, whoever wrote that.
        var fence = await _client.ReadAsync(
            (endpoint, options) => endpoint.KeyValues.PutAsync(new PutRequest { Key = _keys.Fence }, options), cancellationToken);
        if (!await ReachesAsync(new(fence.Header.Revision), _options.RequestTimeout, cancellationToken))
        {
            throw new StoreUnavailableException($"etcd is at revision {fence.Header.Revision}, but its watch has brought us to {CurrentRevision} only");
        }
    }

    /// <inheritdoc/>
    public IWatch Watch(string collection, WatchScope scope, Revision after) => _memory.Watch(collection, scope, after, history: null);

    /// <inheritdoc/>
    /// <remarks>etcd keeps no times: they are known for what happened within this server's watch window. Nor can it tell deletions from before.</remarks>
    public async ValueTask<IReadOnlyList<HistoryEntry>> HistoryAsync(StoreKey key, CancellationToken cancellationToken)
    {
        var entries = new SortedDictionary<Revision, HistoryEntry>();
        foreach (var change in _memory.Collection(key.Collection).EventsOf(key.Name))
        {
            entries[change.Revision] = new(change.Revision, change.Time, change.Kind, change.Value);
        }

        // Backwards from the oldest that is known: what was there just before it?
        var etcdKey = _keys.Of(key);
        var before = entries.Count > 0 ? new(entries.Keys.First().Value - 1) : CurrentRevision;
        while (before > Revision.None)
        {
            var request = new RangeRequest { Key = etcdKey, Revision = before.Value };
            if (await RangeAsync(request, cancellationToken) is not { Kvs: [var stored, ..] })
            {
                break;
            }

            var value = _transactions.Value(key, stored);
            var kind = value.ModRevision == value.CreateRevision ? ChangeKind.Created : ChangeKind.Modified;
            entries[value.ModRevision] = new(value.ModRevision, Time: null, kind, value);
            before = new(value.ModRevision.Value - 1);
        }

        return [.. entries.Values];
    }

    /// <inheritdoc/>
    public async ValueTask CompactAsync(Revision revision, CancellationToken cancellationToken)
    {
        _memory.Compact(revision);
        await _compactor.CompactAsync(revision, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<Revision> BackupAsync(string path, CancellationToken cancellationToken) =>
        throw new NotSupportedException("etcd backs itself up: etcdctl snapshot save");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // Completion tells.
        _client.Dispose();
    }

    private async Task RunAsync()
    {
        var following = _follower.FollowAsync(_stop.Token);
        var compacting = _compactor.RunAsync(_stop.Token);
        try
        {
            // The compactor may have nothing to do; the follower ends for no good reason but ours.
            await following;
        }
        finally
        {
            await _stop.CancelAsync();
            await compacting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _memory.Close();
        }
    }

    private async Task CompleteAsync()
    {
        try
        {
            await _running;
        }
        catch (OperationCanceledException) when (_isDisposed != 0)
        {
            // As asked.
        }
    }

    private async ValueTask<CommitResult> CommittedAsync(Transaction transaction, TxnResponse response, Revision revision)
    {
        var writes = transaction.Operations.Any(operation => operation.Kind != OperationKind.Check);
        if (writes && !await ReachesAsync(revision, _options.RequestTimeout, _stop.Token))
        {
            throw new StoreOutcomeUnknownException($"etcd committed revision {revision}, but its watch has brought us to {CurrentRevision} only");
        }

        var values = new StoredValue?[transaction.Operations.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ValueOf(transaction.Operations[i], response.Responses[i], revision);
        }

        return values.Length == 1 ? CommitResult.Committed(revision, values[0]) : CommitResult.Committed(revision, values);
    }

    /// <summary>The value in memory where it is still the one that was meant, so that it is shared.</summary>
    private StoredValue? ValueOf(Operation operation, ResponseOp response, Revision revision)
    {
        var inMemory = _memory.Snapshot(operation.Key.Collection).Find(operation.Key.Name);
        if (operation.Kind == OperationKind.Put)
        {
            // Somebody may have overwritten it by now. The create revision is then the old value's, or this one's.
            return inMemory?.ModRevision == revision
                ? inMemory
                : new(operation.Key, operation.Payload, inMemory is not null && inMemory.CreateRevision < revision ? inMemory.CreateRevision : revision, revision, 0, operation.Attachment);
        }

        var found = _transactions.Found(operation, response);
        return found is not null && inMemory?.ModRevision == found.ModRevision ? inMemory : found;
    }

    private async ValueTask<CommitResult> FailedAsync(Transaction transaction, TxnResponse response, Revision revision)
    {
        var (operation, current) = _transactions.Failure(transaction, response);

        // A caller that reads again from memory must find what made it fail, or it would fail the same way again.
        var key = transaction.Operations[operation].Key;
        if (current is not null)
        {
            await ReachesAsync(current.ModRevision, _options.RequestTimeout, _stop.Token);
        }
        else if (_memory.Snapshot(key.Collection).Find(key.Name) is { } stale)
        {
            using var deletion = _memory.Watch(key.Collection, WatchScope.Key(key.Name), stale.ModRevision, history: null);
            await deletion.ReadAsync(_stop.Token);
        }

        var inMemory = _memory.Snapshot(key.Collection).Find(key.Name);
        return CommitResult.Failed(revision, operation, inMemory?.ModRevision == current?.ModRevision ? inMemory : current);
    }

    private async Task<bool> ReachesAsync(Revision revision, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (CurrentRevision >= revision)
        {
            return true;
        }

        try
        {
            await _memory.WaitForRevisionAsync(revision, cancellationToken).AsTask().WaitAsync(limit, _time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<CollectionSnapshot?> ReadPastAsync(string collection, Revision revision, CancellationToken cancellationToken)
    {
        var (start, end) = _keys.Of(collection);
        if (await RangeAsync(new RangeRequest { Key = start, RangeEnd = end, Revision = revision.Value }, cancellationToken) is not { } found)
        {
            return null;
        }

        var builder = new IndexBuilder(root: null);
        foreach (var stored in found.Kvs)
        {
            if (_keys.TryParse(stored.Key, out _, out var name))
            {
                builder.Put(_transactions.Value(new(collection, name), stored));
            }
        }

        return new(collection, revision, builder.Publish());
    }

    /// <summary>A read at a past revision; null if that was compacted.</summary>
    private async Task<RangeResponse?> RangeAsync(RangeRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await _client.ReadAsync((endpoint, options) => endpoint.KeyValues.RangeAsync(request, options), cancellationToken);
        }
        catch (StoreUnavailableException exception) when (exception.InnerException is RpcException { StatusCode: StatusCode.OutOfRange })
        {
            return null;
        }
    }
}
