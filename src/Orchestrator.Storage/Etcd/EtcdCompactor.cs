using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Protos.Etcd;

namespace Orchestrator.Storage.Etcd;

/// <summary>Lets etcd forget what is older than the retention. Several servers may do so; the later request finds nothing left to do.</summary>
internal sealed partial class EtcdCompactor(EtcdClient client, StoreMemory memory, EtcdStoreOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>Compacts at intervals until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (options.CompactionInterval <= TimeSpan.Zero)
        {
            return;
        }

        using var timer = new PeriodicTimer(options.CompactionInterval, time);
        var marks = new Queue<(long Timestamp, Revision Revision)>();
        do
        {
            memory.Trim();
            marks.Enqueue((time.GetTimestamp(), memory.CurrentRevision));
            var target = Revision.None;
            while (marks.TryPeek(out var mark) && time.GetElapsedTime(mark.Timestamp) >= options.Store.HistoryRetention)
            {
                target = marks.Dequeue().Revision;
            }

            if (target > Revision.None)
            {
                try
                {
                    await CompactAsync(target, cancellationToken);
                }
                catch (StoreException exception)
                {
                    LogFailed(target, exception); // The next round asks for more.
                }
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>Compacts up to a revision, which may have happened already.</summary>
    public async Task CompactAsync(Revision revision, CancellationToken cancellationToken)
    {
        try
        {
            await client.ReadAsync(
                (endpoint, call) => endpoint.KeyValues.CompactAsync(new CompactionRequest { Revision = revision.Value }, call), cancellationToken);
        }
        catch (StoreUnavailableException exception) when (exception.InnerException is RpcException { StatusCode: StatusCode.OutOfRange })
        {
            // Somebody else was further.
        }
    }

    [LoggerMessage(StorageEvents.EtcdCompactionFailed, LogLevel.Warning, "etcd could not be compacted at revision {Revision}")]
    private partial void LogFailed(Revision revision, Exception exception);
}
