using System.Collections.Concurrent;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Volumes;
using Orchestrator.Api;
using Orchestrator.Api.Authentication.V1;
using Orchestrator.Api.Coordination.V1;

namespace Orchestrator.Agent.Tests.Support;

/// <summary>As much of the API server as an agent sees: objects in memory, and every change told at once.</summary>
internal sealed class FakeNodeApi(TimeProvider time) : INodeApi
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectKey, Pod> _pods = [];
    private readonly Dictionary<string, ApiObject> _objects = [];
    private readonly ConcurrentDictionary<string, Action> _followers = new();
    private readonly List<Waiter> _waiters = [];
    private Action<PodChange>? _watcher;

    /// <summary>Every status that was written, in order.</summary>
    public List<Pod> History { get; } = [];

    public IEnumerable<Service> Services => _objects.Values.OfType<Service>();

    public void Put(ApiObject obj)
    {
        lock (_lock)
        {
            _objects[$"{obj.GetType().Name}/{obj.Metadata.Namespace}/{obj.Metadata.Name}"] = obj;
        }

        _followers.GetValueOrDefault($"{obj.GetType().Name}/{obj.Metadata.Namespace}/{obj.Metadata.Name}")?.Invoke();
    }

    public Pod Create(Pod pod)
    {
        var created = pod with
        {
            Metadata = pod.Metadata with
            {
                Uid = Guid.NewGuid().ToString(),
                Generation = 1,
                CreationTimestamp = time.NowSeconds(),
                ResourceVersion = "1",
            },
            Status = pod.Status with { Phase = "Pending" },
        };
        Store(created, created);
        return created;
    }

    /// <summary>Changes a pod as a client would.</summary>
    public void Change(ObjectKey key, Func<Pod, Pod> change)
    {
        var old = Get(key)!;
        var changed = change(old);
        if (!changed.Spec.Equals(old.Spec))
        {
            changed = changed with { Metadata = changed.Metadata with { Generation = old.Metadata.Generation + 1 } };
        }

        Store(changed, changed);
    }

    public void Delete(ObjectKey key, long? grace = null)
    {
        var old = Get(key)!;
        var seconds = grace ?? old.Spec.TerminationGracePeriodSeconds ?? 30;
        var deleted = old with
        {
            Metadata = old.Metadata with
            {
                DeletionTimestamp = time.NowSeconds().AddSeconds(seconds),
                DeletionGracePeriodSeconds = seconds,
                Generation = old.Metadata.Generation + 1,
            },
        };
        Store(deleted, deleted);
    }

    /// <summary>Takes the object away at once, as a forced deletion does.</summary>
    public void Drop(ObjectKey key)
    {
        Pod old;
        lock (_lock)
        {
            _pods.Remove(key, out old!);
        }

        Tell(new PodChange(old, IsGone: true));
    }

    public Pod? Get(ObjectKey key)
    {
        lock (_lock)
        {
            return _pods.GetValueOrDefault(key);
        }
    }

    /// <summary>Waits until a pod (null once gone) is as wanted.</summary>
    public async Task<Pod?> WaitAsync(ObjectKey key, Func<Pod?, bool> until, TimeSpan timeout, string what)
    {
        Waiter waiter;
        lock (_lock)
        {
            if (until(_pods.GetValueOrDefault(key)))
            {
                return _pods.GetValueOrDefault(key);
            }

            waiter = new Waiter(key, until, new(TaskCreationOptions.RunContinuationsAsynchronously));
            _waiters.Add(waiter);
        }

        try
        {
            return await waiter.Done.Task.WaitAsync(timeout);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{key} was not {what} within {timeout}: {Get(key)?.Status}");
        }
    }

    public Task<Pod?> GetPodAsync(string @namespace, string name, CancellationToken cancellationToken) => Task.FromResult(Get(new(@namespace, name)));

    public Task<Pod?> UpdatePodStatusAsync(Pod pod, PodStatus status, CancellationToken cancellationToken)
    {
        Pod updated;
        lock (_lock)
        {
            if (!_pods.TryGetValue(pod.Key, out var current) || current.Metadata.Uid != pod.Metadata.Uid)
            {
                return Task.FromResult<Pod?>(null);
            }

            updated = current with { Status = status };
        }

        Store(updated, updated);
        return Task.FromResult<Pod?>(updated);
    }

    public Task<Pod> CreatePodAsync(Pod pod, CancellationToken cancellationToken) => Task.FromResult(Create(pod));

    public Task DeletePodAsync(Pod pod, CancellationToken cancellationToken)
    {
        if (Get(pod.Key) is { } current && current.Metadata.Uid == pod.Metadata.Uid)
        {
            if (current.Metadata.Finalizers.Count == 0)
            {
                Drop(pod.Key);
            }
            else
            {
                Change(pod.Key, p => p with { Metadata = p.Metadata with { DeletionGracePeriodSeconds = 0 } });
            }
        }

        return Task.CompletedTask;
    }

    public Task<ConfigMap?> GetConfigMapAsync(string @namespace, string name, CancellationToken cancellationToken) => Find<ConfigMap>(@namespace, name);

    public Task<Secret?> GetSecretAsync(string @namespace, string name, CancellationToken cancellationToken) => Find<Secret>(@namespace, name);

    public Task<PersistentVolumeClaim?> GetClaimAsync(string @namespace, string name, CancellationToken cancellationToken) => Find<PersistentVolumeClaim>(@namespace, name);

    public Task<Api.Resources.V1.ResourceClaim?> GetDeviceClaimAsync(string @namespace, string name, CancellationToken cancellationToken) => Find<Api.Resources.V1.ResourceClaim>(@namespace, name);

    public Task<PersistentVolume?> GetVolumeAsync(string name, CancellationToken cancellationToken) => Find<PersistentVolume>("", name);

    public Task<TokenRequest> CreateTokenAsync(string @namespace, string serviceAccount, TokenRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(request with { Status = new() { Token = $"token-of-{serviceAccount}", ExpirationTimestamp = time.GetUtcNow().AddHours(1) } });

    public Task<string?> GetRuntimeHandlerAsync(string runtimeClass, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public Task<Node?> GetNodeAsync(string name, CancellationToken cancellationToken) => Find<Node>("", name);

    public Task<Node?> CreateNodeAsync(Node node, CancellationToken cancellationToken)
    {
        Put(node);
        return Task.FromResult<Node?>(node);
    }

    public Task<Node?> UpdateNodeAsync(Node node, CancellationToken cancellationToken) => CreateNodeAsync(node, cancellationToken);

    public Task<Node?> UpdateNodeStatusAsync(Node node, CancellationToken cancellationToken) => CreateNodeAsync(node, cancellationToken);

    public Task<Lease?> GetLeaseAsync(string @namespace, string name, CancellationToken cancellationToken) => Find<Lease>(@namespace, name);

    public Task<Lease?> PutLeaseAsync(Lease lease, CancellationToken cancellationToken)
    {
        Put(lease);
        return Task.FromResult<Lease?>(lease);
    }

    public async Task WatchPodsAsync(string nodeName, Action<PodChange> onChange, CancellationToken cancellationToken)
    {
        List<Pod> present;
        lock (_lock)
        {
            _watcher = onChange;
            present = [.. _pods.Values];
        }

        present.ForEach(p => onChange(new(p, IsGone: false)));
        onChange(PodChange.Synced);
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    public async Task WatchObjectAsync(ObjectReferenceKey key, Action onChange, CancellationToken cancellationToken)
    {
        _followers[$"{key.Kind}/{key.Namespace}/{key.Name}"] = onChange;
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    public Task<T?> Find<T>(string @namespace, string name)
        where T : ApiObject
    {
        lock (_lock)
        {
            return Task.FromResult((T?)_objects.GetValueOrDefault($"{typeof(T).Name}/{@namespace}/{name}"));
        }
    }

    private void Store(Pod pod, Pod told)
    {
        lock (_lock)
        {
            _pods[pod.Key] = pod;
            History.Add(pod);
        }

        Tell(new PodChange(told, IsGone: false));
    }

    private void Tell(PodChange change)
    {
        _watcher?.Invoke(change);
        lock (_lock)
        {
            var now = _pods.GetValueOrDefault(change.Pod!.Key);
            foreach (var waiter in _waiters.Where(w => w.Key == change.Pod.Key && w.Until(now)).ToList())
            {
                _waiters.Remove(waiter);
                waiter.Done.TrySetResult(now);
            }
        }
    }

    private sealed record Waiter(ObjectKey Key, Func<Pod?, bool> Until, TaskCompletionSource<Pod?> Done);
}
