using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Runtime;
using Orchestrator.Api;

namespace Orchestrator.Agent.Pods;

/// <summary>Has a worker for every pod of the node: those of the API, and those that only the runtime knows.</summary>
internal sealed partial class PodManager(
    PodRuntimeServices services, ContainerOwners owners, IRuntimeEvents runtimeEvents, ILogger<PodManager> logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, PodWorker> _workers = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _loops = [];
    private Dictionary<string, bool> _lastSeen = [];

    /// <summary>Done when the pods of the API are known.</summary>
    public Task Synced => _synced.Task;

    /// <summary>The workers of all pods.</summary>
    public IReadOnlyCollection<PodWorker> Workers => [.. _workers.Values];

    /// <summary>Begins to follow the API and the runtime.</summary>
    public void Start()
    {
        _loops.Add(Task.Run(() => services.Api.WatchPodsAsync(services.Options.NodeName, OnChange, _stop.Token), CancellationToken.None));
        _loops.Add(Task.Run(FollowRuntimeAsync, CancellationToken.None));
        _loops.Add(Task.Run(RelistAsync, CancellationToken.None));
    }

    /// <summary>The worker of a pod by name, or null.</summary>
    public PodWorker? Find(string @namespace, string name, string? uid = null) =>
        _workers.Values.FirstOrDefault(w =>
            w.Pod.Metadata.Name == name && w.Pod.Metadata.Namespace == @namespace && (uid is null || w.Pod.Metadata.Uid == uid)
            && w.State is not (PodWorkerState.Removing or PodWorkerState.Removed));

    /// <summary>A change that the API tells of.</summary>
    public void OnChange(PodChange change)
    {
        if (change.Pod is not { } pod)
        {
            _synced.TrySetResult();
            return;
        }

        var uid = pod.Metadata.Uid;
        if (_workers.TryGetValue(uid, out var worker))
        {
            if (change.IsGone)
            {
                worker.Remove();
            }
            else
            {
                worker.Update(pod);
            }
        }
        else if (!change.IsGone)
        {
            Add(pod, isGone: false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var loop in _loops)
        {
            try
            {
                await loop;
            }
            catch (Exception e) when (e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
            {
                // Ended by the line above.
            }
        }

        await Task.WhenAll(_workers.Values.Select(w => w.DisposeAsync().AsTask()));
    }

    private void Add(Pod pod, bool isGone)
    {
        var worker = new PodWorker(pod, isGone, services, owners);
        _workers[pod.Metadata.Uid] = worker;
        worker.Start();
        _ = ForgetAfterAsync(worker);
    }

    private async Task ForgetAfterAsync(PodWorker worker)
    {
        await worker.Ended;
        if (worker.State == PodWorkerState.Removed)
        {
            _workers.TryRemove(worker.Pod.Metadata.Uid, out _);
            await worker.DisposeAsync();
        }
    }

    private async Task FollowRuntimeAsync()
    {
        await foreach (var runtimeEvent in runtimeEvents.WatchAsync(_stop.Token))
        {
            if (runtimeEvent.Kind == RuntimeEventKind.Resync)
            {
                foreach (var worker in _workers.Values)
                {
                    worker.Wake();
                }
            }
            else if (owners.Find(runtimeEvent.ContainerId) is { } uid && _workers.TryGetValue(uid, out var worker))
            {
                // An id that no worker has seen belongs to a container that its worker is about to read anyway.
                if (runtimeEvent.Kind == RuntimeEventKind.Exited)
                {
                    worker.NoteExit(runtimeEvent.ContainerId);
                }
            }
        }
    }

    /// <summary>The net below the events: compares the whole runtime with what was seen before, and finds what belongs to no pod.</summary>
    private async Task RelistAsync()
    {
        await _synced.Task.WaitAsync(_stop.Token);
        while (true)
        {
            try
            {
                await RelistOnceAsync(_stop.Token);
            }
            catch (RpcException e) when (!_stop.IsCancellationRequested)
            {
                LogRelistFailed(e.Status.Detail);
            }

            await Task.Delay(services.Options.RelistInterval, services.Time, _stop.Token);
        }
    }

    private async Task RelistOnceAsync(CancellationToken cancellationToken)
    {
        var references = await services.Reader.ListAsync(cancellationToken);
        var seen = new Dictionary<string, bool>();
        foreach (var reference in references)
        {
            seen[reference.Id] = reference.IsRunning;
            if (!_workers.TryGetValue(reference.PodUid, out var worker))
            {
                LogOrphan(reference.PodNamespace, reference.PodName, reference.PodUid);
                Add(
                    new Pod { Metadata = new() { Name = reference.PodName, Namespace = reference.PodNamespace, Uid = reference.PodUid } },
                    isGone: true);
            }
            else if (_lastSeen.TryGetValue(reference.Id, out var wasRunning) && wasRunning && !reference.IsRunning)
            {
                worker.Wake();
            }
        }

        foreach (var (id, _) in _lastSeen.Where(s => s.Value && !seen.ContainsKey(s.Key)))
        {
            if (owners.Find(id) is { } uid && _workers.TryGetValue(uid, out var worker))
            {
                worker.Wake();
            }
        }

        _lastSeen = seen;
    }

    [LoggerMessage(5611, LogLevel.Warning, "Cannot list what the runtime runs: {Reason}")]
    private partial void LogRelistFailed(string reason);

    [LoggerMessage(5612, LogLevel.Information, "Pod {Namespace}/{Name} ({Uid}) runs here but is not in the API: it is stopped")]
    private partial void LogOrphan(string @namespace, string name, string uid);
}
