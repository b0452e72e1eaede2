using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Reporting;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Runtime;

namespace Orchestrator.Agent.Probes;

/// <summary>The probes of one pod: one worker per container and kind, as long as that run of the container lasts.</summary>
internal sealed class PodProbes(
    IContainerRuntime runtime, IPodEvents events, TimeProvider time, ILogger<PodProbes> logger, Action onChange) : IProbeResults, IAsyncDisposable
{
    private readonly ConcurrentDictionary<(ProbeKind Kind, string ContainerId), ProbeWorker> _workers = new();

    /// <summary>Has the probes of all running containers run, and ends those of containers that are gone.</summary>
    public void Follow(Pod pod, RuntimePod runtimePod, IReadOnlyList<string> addresses)
    {
        var running = new HashSet<string>();
        foreach (var container in pod.Spec.InitContainers.Where(c => c.IsSidecar).Concat(pod.Spec.Containers))
        {
            if (runtimePod.Find(container.Name) is not { IsRunning: true } current)
            {
                continue;
            }

            running.Add(current.Id);
            foreach (var (kind, probe) in ProbesOf(container))
            {
                var key = (kind, current.Id);
                if (!_workers.ContainsKey(key))
                {
                    var worker = new ProbeWorker(kind, probe, pod, container, current, HasSucceeded(kind, pod, current), addresses.Count > 0 ? addresses[0] : "", runtime, events, time, logger, this, onChange);
                    _workers[key] = worker;
                    worker.Start();
                }
            }
        }

        foreach (var (key, worker) in _workers)
        {
            if (!running.Contains(key.ContainerId) && _workers.TryRemove(key, out _))
            {
                worker.Stop();
            }
        }
    }

    /// <summary>Ends the probes that could kill: the pod is going anyway.</summary>
    public void StopKilling()
    {
        foreach (var (key, worker) in _workers)
        {
            if (key.Kind != ProbeKind.Readiness)
            {
                worker.Stop();
            }
        }
    }

    public bool HasFailed(ProbeKind kind, string containerId) =>
        _workers.TryGetValue((kind, containerId), out var worker) && worker.Result == ProbeVerdict.Failure;

    public bool IsStarted(Container container, RuntimeContainer running) =>
        running.IsRunning
        && (container.StartupProbe is null
            || (_workers.TryGetValue((ProbeKind.Startup, running.Id), out var worker) && worker.Result == ProbeVerdict.Success));

    public bool IsReady(Container container, RuntimeContainer running) =>
        IsStarted(container, running)
        && (container.ReadinessProbe is null
            || (_workers.TryGetValue((ProbeKind.Readiness, running.Id), out var worker) && worker.Result == ProbeVerdict.Success));

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers.Values)
        {
            worker.Stop();
        }

        await Task.WhenAll(_workers.Values.Select(w => w.Ended));
        _workers.Clear();
    }

    /// <summary>Has the readiness probe of a container run at once, because it has just started.</summary>
    internal void Trigger(ProbeKind kind, string containerId)
    {
        if (_workers.TryGetValue((kind, containerId), out var worker))
        {
            worker.Trigger();
        }
    }

    /// <summary>What the API already knows of this run: an agent that starts anew takes no pod out of its Services.</summary>
    private static bool HasSucceeded(ProbeKind kind, Pod pod, RuntimeContainer current) =>
        kind is ProbeKind.Startup or ProbeKind.Readiness
        && pod.Status.InitContainerStatuses.Concat(pod.Status.ContainerStatuses).FirstOrDefault(s => s.ContainerID == current.ApiId) is { } known
        && (kind == ProbeKind.Startup ? known.Started == true : known.Ready);

    private static IEnumerable<(ProbeKind Kind, Probe Probe)> ProbesOf(Container container)
    {
        if (container.StartupProbe is { } startup)
        {
            yield return (ProbeKind.Startup, startup);
        }

        if (container.LivenessProbe is { } liveness)
        {
            yield return (ProbeKind.Liveness, liveness);
        }

        if (container.ReadinessProbe is { } readiness)
        {
            yield return (ProbeKind.Readiness, readiness);
        }
    }
}
