using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Pods;

namespace Orchestrator.Agent.Volumes;

/// <summary>
/// Follows the ConfigMaps and Secrets that volumes are made of, so that a change reaches the files of running containers at once and not at
/// the pod's next look by itself. An object that several pods use is followed once.
/// </summary>
internal sealed partial class ReferencedObjects(INodeApi api, TimeProvider time, ILogger<ReferencedObjects> logger) : IAsyncDisposable
{
    private static readonly TimeSpan RetryDelayMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryDelayMax = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectReferenceKey, Followed> _followed = [];

    /// <summary>Has <paramref name="onChange"/> called, on any thread, whenever something that the pod's volumes are made of may have changed.</summary>
    public void Follow(Pod pod, Action onChange)
    {
        var wanted = ReferencesOf(pod);
        lock (_lock)
        {
            foreach (var key in wanted)
            {
                if (!_followed.TryGetValue(key, out var followed))
                {
                    followed = _followed[key] = new();
                    followed.Running = RunAsync(key, followed);
                }

                followed.Users[pod.Metadata.Uid] = onChange;
            }
        }
    }

    /// <summary>A pod needs its objects no longer.</summary>
    public void Release(string uid)
    {
        lock (_lock)
        {
            foreach (var (key, followed) in _followed.Where(f => f.Value.Users.Remove(uid) && f.Value.Users.Count == 0).ToList())
            {
                _followed.Remove(key);
                followed.Stop.Cancel();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        List<Followed> all;
        lock (_lock)
        {
            all = [.. _followed.Values];
            _followed.Clear();
        }

        foreach (var followed in all)
        {
            await followed.Stop.CancelAsync();
            await followed.Running;
        }
    }

    private static HashSet<ObjectReferenceKey> ReferencesOf(Pod pod)
    {
        var found = new HashSet<ObjectReferenceKey>();
        void Add(ObjectReferenceKind kind, string? name)
        {
            if (!string.IsNullOrEmpty(name))
            {
                found.Add(new(kind, pod.Metadata.Namespace, name));
            }
        }

        foreach (var volume in pod.Spec.Volumes)
        {
            Add(ObjectReferenceKind.ConfigMap, volume.ConfigMap?.Name);
            Add(ObjectReferenceKind.Secret, volume.Secret?.SecretName);
            foreach (var source in volume.Projected?.Sources ?? [])
            {
                Add(ObjectReferenceKind.ConfigMap, source.ConfigMap?.Name);
                Add(ObjectReferenceKind.Secret, source.Secret?.Name);
            }
        }

        return found;
    }

    private async Task RunAsync(ObjectReferenceKey key, Followed followed)
    {
        await Task.Yield();
        var stop = followed.Stop.Token;
        var delay = RetryDelayMin;
        while (!stop.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            try
            {
                await api.WatchObjectAsync(key, () => Tell(followed), stop);
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                // The pods' own, slower looks go on.
                LogLost(key.Kind, key.Namespace, key.Name, e.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            delay = time.GetElapsedTime(started) > RetryDelayMax ? RetryDelayMin : delay * 2 < RetryDelayMax ? delay * 2 : RetryDelayMax;
            await Task.Delay(delay, time, stop).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private void Tell(Followed followed)
    {
        List<Action> users;
        lock (_lock)
        {
            users = [.. followed.Users.Values];
        }

        users.ForEach(static tell => tell());
    }

    [LoggerMessage(5411, LogLevel.Debug, "Lost the watch of {Kind} {Namespace}/{Name}, beginning again: {Reason}")]
    private partial void LogLost(ObjectReferenceKind kind, string @namespace, string name, string reason);

    private sealed class Followed
    {
        public Dictionary<string, Action> Users { get; } = [];

        public CancellationTokenSource Stop { get; } = new();

        public Task Running { get; set; } = Task.CompletedTask;
    }
}
