using Microsoft.Extensions.Logging;
using Orchestrator.ApiServer.Admission;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Registry;

/// <summary>Keeps views up to date from the store: what is there at start, then every change in order.</summary>
internal sealed partial class ObjectViewFeeder(IStore store, ObjectCodec codec, ResourceRegistry registry, ILogger<ObjectViewFeeder> logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _followers = [];

    /// <summary>Fills a view and follows the store for it. When this returns, the view shows all that is stored.</summary>
    public void Attach(IObjectView view)
    {
        // One view may take several resources: they are fed one at a time.
        var gate = new Lock();
        foreach (var info in view.Resources)
        {
            var resource = registry.Find(info.Group, info.Version, info.Resource)!;
            var snapshot = store.Snapshot(resource.Collection);
            var watch = store.Watch(resource.Collection, WatchScope.All, snapshot.Revision);
            foreach (var value in snapshot)
            {
                view.Put(codec.Read(value));
            }

            _followers.Add(Task.Run(() => FollowAsync(view, gate, watch, resource)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_followers);
        _stop.Dispose();
    }

    private async Task FollowAsync(IObjectView view, Lock gate, IWatch watch, ServedResource resource)
    {
        try
        {
            while (true)
            {
                var batch = await watch.ReadAsync(_stop.Token);
                if (batch.Status == WatchStatus.Closed)
                {
                    return;
                }

                if (batch.Status != WatchStatus.Events)
                {
                    LogBehind(resource.Info.Resource, batch.Status);
                    watch.Dispose();
                    var snapshot = store.Snapshot(resource.Collection);
                    watch = store.Watch(resource.Collection, WatchScope.All, snapshot.Revision);
                    foreach (var value in snapshot)
                    {
                        Put(view, gate, resource, value);
                    }

                    continue;
                }

                foreach (var change in batch.Events.Span)
                {
                    if (change.Kind == ChangeKind.Deleted)
                    {
                        lock (gate)
                        {
                            view.Remove(codec.Read(change.Value));
                        }
                    }
                    else
                    {
                        Put(view, gate, resource, change.Value);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
        finally
        {
            watch.Dispose();
        }
    }

    /// <summary>Shows an object to a view. One that the view cannot make sense of is left out, and does not keep the others from it.</summary>
    private void Put(IObjectView view, Lock gate, ServedResource resource, StoredValue value)
    {
        try
        {
            lock (gate)
            {
                view.Put(codec.Read(value));
            }
        }
        catch (FormatException e)
        {
            LogSenseless(resource.Info.Resource, value.Name, e.Message);
        }
    }

    [LoggerMessage(2102, LogLevel.Error, "The {Resource} object {Key} is left out of what the server goes by: {Reason}")]
    private partial void LogSenseless(string resource, string key, string reason);

    [LoggerMessage(2101, LogLevel.Warning, "The view of {Resource} fell behind ({Status}); it is filled again")]
    private partial void LogBehind(string resource, WatchStatus status);
}
