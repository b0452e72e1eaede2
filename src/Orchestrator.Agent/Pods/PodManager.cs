using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Runtime;
using Orchestrator.Agent.StaticPods;
using Orchestrator.Api;
using Orchestrator.Client;

namespace Orchestrator.Agent.Pods;

/// <summary>Has a worker for every pod of the node: those of the API, static ones, and those that only the runtime knows.</summary>
internal sealed partial class PodManager(
    PodRuntimeServices services, ContainerOwners owners, StaticPodFolder staticPods, IRuntimeEvents runtimeEvents, ILogger<PodManager> logger) : IAsyncDisposable
{
    private static readonly TimeSpan MirrorRetryDelay = TimeSpan.FromSeconds(5);

    // The kubelet's, for what nobody wants any more and whose definition is not known.
    private const long OrphanGraceSeconds = 1;

    private readonly ConcurrentDictionary<string, PodWorker> _workers = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _staticRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _staticLock = new();
    private readonly List<Task> _loops = [];
    private IReadOnlyList<Pod> _static = [];

    /// <summary>Done when the pods of the API are known.</summary>
    public Task Synced => _synced.Task;

    /// <summary>The workers of all pods.</summary>
    public IReadOnlyCollection<PodWorker> Workers => [.. _workers.Values];

    /// <summary>Begins to follow the API and the runtime.</summary>
    public void Start()
    {
        _loops.Add(Task.Run(() => services.Api.WatchPodsAsync(services.Options.NodeName, OnChange, _stop.Token), CancellationToken.None));
        _loops.Add(Task.Run(() => services.Options.StaticPodsDirectory is null ? ReadNoStaticPods() : staticPods.RunAsync(OnStaticPods, _stop.Token), CancellationToken.None));
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

        if (pod.IsMirror)
        {
            // A picture of a static pod, which is worked on by its own definition.
            if (services.Mirrors.Note(pod, change.IsGone))
            {
                Find(pod.Metadata.Namespace, pod.Metadata.Name)?.ShowAgain();
            }

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

    /// <summary>The static pods that the node has now.</summary>
    public void OnStaticPods(IReadOnlyList<Pod> pods)
    {
        lock (_staticLock)
        {
            _static = pods;
        }

        var wanted = pods.Select(p => p.Metadata.Uid).ToHashSet();
        foreach (var worker in _workers.Values.Where(w => w.Pod.IsStatic && !wanted.Contains(w.Pod.Metadata.Uid)))
        {
            worker.Remove();
        }

        StartStaticPods();
        _staticRead.TrySetResult();
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
        await services.References.DisposeAsync();
    }

    private Task ReadNoStaticPods()
    {
        _staticRead.TrySetResult();
        return Task.CompletedTask;
    }

    /// <summary>Starts those static pods that have no worker; one whose forerunner of the same name still ends waits for its end.</summary>
    private void StartStaticPods()
    {
        lock (_staticLock)
        {
            foreach (var pod in _static.Where(p => _workers.Values.All(w => w.Pod.Key != p.Key)))
            {
                Add(pod, isGone: false);
            }
        }
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
            if (worker.Pod.IsStatic)
            {
                StartStaticPods();
                await RemoveMirrorAsync(worker.Pod);
            }
        }
    }

    /// <summary>Until it is done, the agent stops, or a pod of the same name has taken the mirror over.</summary>
    private async Task RemoveMirrorAsync(Pod pod)
    {
        while (!_stop.IsCancellationRequested && _workers.Values.All(w => w.Pod.Key != pod.Key))
        {
            try
            {
                await services.Mirrors.RemoveAsync(pod, _stop.Token);
                return;
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                LogMirrorStays(pod.Text, e.Message);
                await Task.Delay(MirrorRetryDelay, services.Time, _stop.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
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
            else if (runtimeEvent.Kind == RuntimeEventKind.Exited
                && owners.FindOfExit(runtimeEvent.ContainerId) is { } uid && _workers.TryGetValue(uid, out var worker))
            {
                worker.NoteExit(runtimeEvent.ContainerId);
            }
        }
    }

    /// <summary>The net below the events: compares the whole runtime with what the workers have seen of it, and finds what belongs to no pod.</summary>
    private async Task RelistAsync()
    {
        await _synced.Task.WaitAsync(_stop.Token);
        await _staticRead.Task.WaitAsync(_stop.Token);
        while (true)
        {
            try
            {
                await services.Mirrors.RemoveOthersAsync(StaticKeys(), _stop.Token);
                await RelistOnceAsync(_stop.Token);
            }
            catch (ApiStatusException e)
            {
                LogRelistFailed(e.Message);
            }
            catch (RpcException e) when (!_stop.IsCancellationRequested)
            {
                LogRelistFailed(e.Status.Detail);
            }

            await Task.Delay(services.Options.RelistInterval, services.Time, _stop.Token);
        }
    }

    private HashSet<ObjectKey> StaticKeys()
    {
        lock (_staticLock)
        {
            return [.. _static.Select(p => p.Key), .. _workers.Values.Where(w => w.Pod.IsStatic).Select(w => w.Pod.Key)];
        }
    }

    private async Task RelistOnceAsync(CancellationToken cancellationToken)
    {
        var references = await services.Reader.ListAsync(cancellationToken);
        var running = new HashSet<string>();
        foreach (var reference in references)
        {
            if (reference.IsRunning)
            {
                running.Add(reference.Id);
            }

            if (!_workers.ContainsKey(reference.PodUid))
            {
                LogOrphan(reference.PodNamespace, reference.PodName, reference.PodUid);
                Add(
                    new Pod
                    {
                        Metadata = new() { Name = reference.PodName, Namespace = reference.PodNamespace, Uid = reference.PodUid },
                        Spec = new() { TerminationGracePeriodSeconds = OrphanGraceSeconds },
                    },
                    isGone: true);
            }
        }

        foreach (var worker in _workers.Values.Where(w => !w.RunningIds.IsSubsetOf(running)))
        {
            worker.Wake();
        }
    }

    [LoggerMessage(5611, LogLevel.Warning, "Cannot list what the runtime runs: {Reason}")]
    private partial void LogRelistFailed(string reason);

    [LoggerMessage(5613, LogLevel.Warning, "Cannot remove the mirror of {Pod}, trying again: {Reason}")]
    private partial void LogMirrorStays(string pod, string reason);

    [LoggerMessage(5612, LogLevel.Information, "Pod {Namespace}/{Name} ({Uid}) runs here but is not in the API: it is stopped")]
    private partial void LogOrphan(string @namespace, string name, string uid);
}
