using Microsoft.Extensions.Logging;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Registry;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Events;

/// <summary>
/// Removes Events some time after they last happened, which upstream does by etcd's leases. One sweep over the snapshot every now and then, oldest writes
/// first, removes them in large transactions: no timer and no lease per Event.
/// </summary>
internal sealed partial class EventExpiry : IAsyncDisposable
{
    private const string Collection = "events";
    private static readonly TimeSpan PeriodMax = TimeSpan.FromMinutes(1);

    private readonly IStore _store;
    private readonly ObjectCodec _codec;
    private readonly TimeSpan _timeToLive;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;

    /// <param name="store">Where the Events are.</param>
    /// <param name="codec">Reads them.</param>
    /// <param name="timeToLive">How long they are kept after they last happened.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where to log.</param>
    public EventExpiry(IStore store, ObjectCodec codec, TimeSpan timeToLive, TimeProvider time, ILogger<EventExpiry> logger)
    {
        (_store, _codec, _timeToLive, _time, _logger) = (store, codec, timeToLive, time, logger);
        _work = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _stop.Dispose();
    }

    /// <summary>Removes what is over now.</summary>
    /// <returns>How many Events are gone.</returns>
    internal async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var over = _time.GetUtcNow() - _timeToLive;
        var removed = 0;
        var batch = new List<Operation>();
        foreach (var value in _store.Snapshot(Collection))
        {
            if (_codec.Read(value) is Event seen && LastOf(seen) < over)
            {
                // At the revision that was looked at: an Event that happens again meanwhile stays.
                batch.Add(Operation.Delete(value.Key, value.ModRevision));
                if (batch.Count == Transaction.OperationsMax)
                {
                    removed += await RemoveAsync(batch, cancellationToken);
                }
            }
        }

        return removed + await RemoveAsync(batch, cancellationToken);
    }

    private static DateTimeOffset LastOf(Event seen)
    {
        var last = seen.Metadata.CreationTimestamp ?? DateTimeOffset.MaxValue;
        Take(seen.LastTimestamp);
        Take(seen.EventTime);
        Take(seen.Series?.LastObservedTime);
        return last;

        void Take(DateTimeOffset? time)
        {
            if (time is { } given && given > last)
            {
                last = given;
            }
        }
    }

    private async Task<int> RemoveAsync(List<Operation> batch, CancellationToken cancellationToken)
    {
        if (batch.Count == 0)
        {
            return 0;
        }

        // One that was changed meanwhile fails its whole transaction: then each goes by itself.
        var operations = batch.ToArray();
        batch.Clear();
        if ((await _store.CommitAsync(new Transaction([.. operations]), cancellationToken)).IsCommitted)
        {
            return operations.Length;
        }

        var removed = 0;
        foreach (var operation in operations)
        {
            removed += (await _store.CommitAsync(new Transaction(operation), cancellationToken)).IsCommitted ? 1 : 0;
        }

        return removed;
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(_timeToLive / 10 < PeriodMax ? _timeToLive / 10 : PeriodMax, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    if (await SweepAsync(_stop.Token) is > 0 and var removed)
                    {
                        LogRemoved(removed);
                    }
                }
                catch (StoreException failure)
                {
                    LogFailed(failure.Message);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    [LoggerMessage(2501, LogLevel.Debug, "{Count} Events were over and are removed")]
    private partial void LogRemoved(int count);

    [LoggerMessage(2502, LogLevel.Warning, "Events that are over could not be removed, and will be at the next sweep: {Reason}")]
    private partial void LogFailed(string reason);
}
