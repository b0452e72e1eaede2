using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Protos.Etcd;
using Orchestrator.Storage.Indexing;

namespace Orchestrator.Storage.Etcd;

/// <summary>
/// Keeps memory equal to etcd: reads everything at one revision, then follows one watch over all our keys. The only writer of memory.
/// </summary>
/// <remarks>
/// A watch that breaks is opened again (elsewhere) after the last revision applied. If that was compacted meanwhile, everything is read
/// again and our own watchers are told to list again, since what happened in between can no longer be told.
/// </remarks>
internal sealed partial class EtcdFollower(
    EtcdClient client, EtcdKeys keys, EtcdTransactions transactions, StoreMemory memory, EtcdInFlight inFlight, TimeProvider time, ILogger logger)
{
    private const int PageValues = 2_000;

    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(2);

    private static readonly Metadata RequireLeader = new() { { "hasleader", "true" } };

    /// <summary>Reads everything.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var builders = new Dictionary<string, IndexBuilder>(StringComparer.Ordinal);
        var request = new RangeRequest { Key = keys.Everything, RangeEnd = keys.EverythingEnd, Limit = PageValues };
        while (true)
        {
            var page = await client.ReadAsync((endpoint, options) => endpoint.KeyValues.RangeAsync(request, options), cancellationToken);

            // All pages as of the first.
            if (request.Revision == 0)
            {
                request.Revision = page.Header.Revision;
            }

            foreach (var stored in page.Kvs)
            {
                if (keys.TryParse(stored.Key, out var collection, out var name))
                {
                    if (!builders.TryGetValue(collection, out var builder))
                    {
                        builders[collection] = builder = new(root: null);
                    }

                    builder.Put(transactions.Value(new(collection, name), stored));
                }
            }

            if (!page.More)
            {
                break;
            }

            request.Key = ByteString.CopyFrom([.. page.Kvs[^1].Key.Span, 0]);
        }

        memory.Replace(new(request.Revision), builders);
    }

    /// <summary>Follows until cancelled.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (true)
        {
            var endpoint = client.Current;
            var before = memory.CurrentRevision;
            string reason;
            try
            {
                reason = await FollowAsync(endpoint, cancellationToken);
            }
            catch (Exception exception) when (exception is RpcException or StoreUnavailableException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                reason = exception.Message;
            }

            cancellationToken.ThrowIfCancellationRequested();
            client.Leave(endpoint, reason);
            failures = memory.CurrentRevision > before ? 1 : failures + 1;
            var pause = TimeSpan.FromMilliseconds(20 * Math.Pow(2, Math.Min(failures, 10)));
            await Task.Delay(pause < PauseMax ? pause : PauseMax, time, cancellationToken);
        }
    }

    /// <summary>Follows one watch to its end; says why it ended.</summary>
    private async Task<string> FollowAsync(EtcdEndpoint endpoint, CancellationToken cancellationToken)
    {
        using var call = endpoint.Watches.Watch(new CallOptions(headers: RequireLeader, cancellationToken: cancellationToken));
        var start = new WatchCreateRequest
        {
            Key = keys.Everything,
            RangeEnd = keys.EverythingEnd,
            StartRevision = memory.CurrentRevision.Value + 1,
            ProgressNotify = true,
            Fragment = true,
        };
        await call.RequestStream.WriteAsync(new WatchRequest { CreateRequest = start }, cancellationToken);

        var events = new List<Protos.Etcd.Mvcc.Event>();
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            var response = call.ResponseStream.Current;
            if (response.Canceled)
            {
                if (response.CompactRevision > 0)
                {
                    await ResynchronizeAsync($"revision {memory.CurrentRevision} was compacted, etcd starts at {response.CompactRevision}", cancellationToken);
                }

                return response.CancelReason;
            }

            if (response.Created)
            {
                LogConnected(endpoint.Address, memory.CurrentRevision);
                continue;
            }

            events.AddRange(response.Events);
            if (response.Fragment)
            {
                continue; // The rest of it is on its way, perhaps of the same revision.
            }

            // Without events it is a progress notification, and only then is the header's revision a promise.
            if (!TryApply(events, response.Events.Count == 0 ? new(response.Header.Revision) : Revision.None))
            {
                await ResynchronizeAsync($"etcd sent an event from before {memory.CurrentRevision}", cancellationToken);
                return "resynchronized";
            }

            events.Clear();
        }

        return "etcd ended the watch";
    }

    /// <summary>False if there is an event that should have come earlier: what we have shown was not all.</summary>
    private bool TryApply(List<Protos.Etcd.Mvcc.Event> events, Revision progress)
    {
        var batch = new CommitBatch(memory, time.GetUtcNow());
        foreach (var change in events)
        {
            var stored = change.Kv;
            var revision = new Revision(stored.ModRevision);
            if (revision <= memory.CurrentRevision)
            {
                batch.Discard();
                return false;
            }

            if (!keys.TryParse(stored.Key, out var collection, out var name))
            {
                batch.Advance(revision);
                continue;
            }

            var key = new StoreKey(collection, name);
            if (change.Type == Protos.Etcd.Mvcc.Event.Types.EventType.Delete)
            {
                batch.ApplyDelete(revision, key);
                continue;
            }

            // What this server has just written itself comes back with the payload and the attachment that we have already.
            var payload = transactions.Open(key, stored.Value);
            var own = inFlight.Find(key, payload.Span);
            batch.Apply(revision, index: 0, key, own?.Payload ?? payload, new(stored.CreateRevision), own?.Attachment);
        }

        batch.Advance(progress);
        memory.Publish(batch);
        return true;
    }

    private async Task ResynchronizeAsync(string reason, CancellationToken cancellationToken)
    {
        LogResynchronizing(reason);
        await LoadAsync(cancellationToken);
    }

    [LoggerMessage(StorageEvents.EtcdConnected, LogLevel.Information, "Following etcd at {Endpoint} from revision {Revision}")]
    private partial void LogConnected(string endpoint, Revision revision);

    [LoggerMessage(StorageEvents.EtcdResynchronized, LogLevel.Warning, "Reading everything from etcd again, and all watchers must list again: {Reason}")]
    private partial void LogResynchronizing(string reason);
}
