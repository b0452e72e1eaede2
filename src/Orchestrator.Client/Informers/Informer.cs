using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>An informer over a client's list and watch.</summary>
/// <remarks>
/// 1. list; 2. put the difference to the copy, tell the handlers; 3. watch from the list's resource version and do the same with every
/// event; 4. when the watch ends go on from the last resource version seen, or, if that has expired, list again. Failures back off.
/// </remarks>
public sealed partial class Informer<T> : IInformer<T>, IRunningInformer
    where T : ApiObject
{
    // A watch that ends sooner than this without an event is taken for a failing one.
    private static readonly TimeSpan ShortWatch = TimeSpan.FromSeconds(1);

    private readonly IClusterClient _client;
    private readonly ResourcePath _collection;
    private readonly InformerOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly ObjectCache<T> _cache = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _handlersLock = new();
    private IInformerHandler<T>[] _handlers = [];

    /// <param name="client">Where to list and watch.</param>
    /// <param name="resource">What to follow.</param>
    /// <param name="options">Which part of it.</param>
    /// <param name="time">The clock of back-offs.</param>
    /// <param name="random">The chance in back-offs and watch time-outs; used by one thread at a time.</param>
    /// <param name="logger">Tells of failures.</param>
    public Informer(IClusterClient client, ResourceInfo resource, InformerOptions? options, TimeProvider time, Random random, ILogger logger)
    {
        _client = client;
        _options = options ?? InformerOptions.All;
        _collection = new(resource, _options.Namespace);
        _time = time;
        _random = random;
        _logger = logger;
    }

    public bool HasSynced => _synced.Task.IsCompletedSuccessfully;

    public int Count => _cache.Count;

    public Task WaitForSyncAsync(CancellationToken cancellationToken) => _synced.Task.WaitAsync(cancellationToken);

    public bool TryGet(ObjectKey key, [MaybeNullWhen(false)] out T obj) => _cache.TryGet(key, out obj);

    public IReadOnlyCollection<T> List() => _cache.List();

    public IReadOnlyCollection<T> List(string ns) => _cache.List(ns);

    public IReadOnlyCollection<T> ByIndex(string index, string value) => _cache.ByIndex(index, value);

    public void AddIndex(string name, Func<T, IEnumerable<string>> valuesOf) => _cache.AddIndex(name, valuesOf);

    public IDisposable AddHandler(IInformerHandler<T> handler)
    {
        // Under the lock no change is on its way, so the handler hears of each object exactly once.
        lock (_handlersLock)
        {
            foreach (var obj in _cache.List())
            {
                handler.OnAdded(obj, initial: true);
            }

            _handlers = [.. _handlers, handler];
        }

        return new Registration(this, handler);
    }

    /// <summary>Follows the collection until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        string? position = null;
        try
        {
            while (true)
            {
                if (position is null)
                {
                    var listed = await _client.ListAsync<T>(_collection, Selection(), cancellationToken);
                    if (!listed.IsOk)
                    {
                        LogListFailed(_collection, listed.Error.Message);
                        await BackOffAsync(failures++, cancellationToken);
                        continue;
                    }

                    position = listed.Value.ResourceVersion;
                    Replace(listed.Value.Items);
                    _synced.TrySetResult();
                }

                var started = _time.GetTimestamp();
                var (reached, events, error) = await FollowAsync(position, cancellationToken);
                position = reached;
                if (error is null && (events > 0 || _time.GetElapsedTime(started) >= ShortWatch))
                {
                    failures = 0;
                    continue;
                }

                if (error is { } status)
                {
                    if (status.Code == 410 || status.Reason is StatusReason.Expired or StatusReason.Gone)
                    {
                        LogExpired(_collection, position);
                        position = null;
                        if (events > 0)
                        {
                            failures = 0;
                            continue;
                        }
                    }
                    else
                    {
                        LogWatchFailed(_collection, status.Message);
                    }
                }

                await BackOffAsync(events > 0 ? 0 : failures++, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _synced.TrySetCanceled(cancellationToken);
        }
    }

    private ListOptions Selection() => new() { LabelSelector = _options.LabelSelector, FieldSelector = _options.FieldSelector };

    private async Task<(string Position, int Events, Status? Error)> FollowAsync(string position, CancellationToken cancellationToken)
    {
        var events = 0;
        var options = Selection() with
        {
            ResourceVersion = position,
            AllowWatchBookmarks = true,

            // Spread out, so that the watches of many clients do not all end at once.
            TimeoutSeconds = 300 + _random.Next(300),
        };
        await foreach (var change in _client.WatchAsync<T>(_collection, options, cancellationToken))
        {
            if (change.Type == WatchEventType.Error)
            {
                return (position, events, change.Error);
            }

            events++;
            if (change.ResourceVersion.Length > 0)
            {
                position = change.ResourceVersion;
            }

            if (change.Object is { } obj)
            {
                lock (_handlersLock)
                {
                    if (change.Type == WatchEventType.Deleted)
                    {
                        RemoveLocked(obj.Key, obj);
                    }
                    else
                    {
                        PutLocked(obj, initial: false);
                    }
                }
            }
        }

        return (position, events, null);
    }

    private void Replace(IReadOnlyList<T> items)
    {
        lock (_handlersLock)
        {
            var initial = !HasSynced;
            var kept = new HashSet<ObjectKey>(items.Count);
            foreach (var item in items)
            {
                kept.Add(item.Key);
            }

            foreach (var known in _cache.List())
            {
                if (!kept.Contains(known.Key))
                {
                    RemoveLocked(known.Key, null);
                }
            }

            foreach (var item in items)
            {
                PutLocked(item, initial);
            }
        }
    }

    private void PutLocked(T obj, bool initial)
    {
        if (_cache.TryGet(obj.Key, out var known))
        {
            if (known.Metadata.Uid != obj.Metadata.Uid)
            {
                // Deleted and made anew while nobody watched.
                RemoveLocked(known.Key, null);
            }
            else if (known.Metadata.ResourceVersion == obj.Metadata.ResourceVersion)
            {
                return;
            }
        }

        var old = _cache.Put(obj);
        foreach (var handler in _handlers)
        {
            try
            {
                if (old is null)
                {
                    handler.OnAdded(obj, initial);
                }
                else
                {
                    handler.OnUpdated(old, obj);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // One handler's fault must not stop the others' news.
                LogHandlerFailed(e, _collection, obj.Key);
            }
        }
    }

    private void RemoveLocked(ObjectKey key, T? last)
    {
        if (_cache.Remove(key) is not { } known)
        {
            return;
        }

        foreach (var handler in _handlers)
        {
            try
            {
                handler.OnDeleted(last ?? known);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogHandlerFailed(e, _collection, key);
            }
        }
    }

    private Task BackOffAsync(int failures, CancellationToken cancellationToken) =>
        Task.Delay(BackoffPolicy.Watch.Delay(failures, _random), _time, cancellationToken);

    [LoggerMessage(LogLevel.Warning, "Listing {Collection} failed: {Reason}")]
    private partial void LogListFailed(ResourcePath collection, string reason);

    [LoggerMessage(LogLevel.Information, "The watch of {Collection} ended: {Reason}")]
    private partial void LogWatchFailed(ResourcePath collection, string reason);

    [LoggerMessage(LogLevel.Debug, "The watch of {Collection} at {Version} has expired, listing again")]
    private partial void LogExpired(ResourcePath collection, string version);

    [LoggerMessage(LogLevel.Error, "A handler of {Collection} failed on {Key}")]
    private partial void LogHandlerFailed(Exception exception, ResourcePath collection, ObjectKey key);

    private sealed class Registration(Informer<T> informer, IInformerHandler<T> handler) : IDisposable
    {
        public void Dispose()
        {
            lock (informer._handlersLock)
            {
                informer._handlers = [.. informer._handlers.Where(h => !ReferenceEquals(h, handler))];
            }
        }
    }
}
