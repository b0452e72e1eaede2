using Orchestrator.Agent.Pods.Containers;
using Orchestrator.Api;

namespace Orchestrator.Agent.Pods;

/// <summary>Changes the resources of a pod's containers in place, when its definition asks for others and the node has them.</summary>
/// <remarks>
/// What a pod has been given ("allocated") is not always what it asks for: a request that does not fit now waits. Everything but this class
/// works with the allocated resources (<see cref="Allocated"/>).
/// </remarks>
internal sealed class PodResizer(PodRuntimeServices services)
{
    private Dictionary<string, ResourceRequirements>? _allocated;

    // What the containers still have while a change is under way or has failed; else null.
    private Dictionary<string, ResourceRequirements>? _actual;
    private long _refusedGeneration = -1;
    private string? _inProgress;

    // Runs that have to end for their containers' new resources, by container.
    private Dictionary<string, string> _outgoing = [];

    /// <summary>The conditions that tell of a change under way or waiting.</summary>
    public IReadOnlyList<PodCondition> Conditions { get; private set; } = [];

    /// <summary>The pod with the resources that it has been given.</summary>
    public Pod Allocated(Pod pod) => With(pod, _allocated);

    /// <summary>The pod with the resources that its containers have now.</summary>
    public Pod Actual(Pod pod) => With(pod, _actual ?? _allocated);

    private static Pod With(Pod pod, Dictionary<string, ResourceRequirements>? resources)
    {
        if (resources is not { } allocated || !Changed(pod, allocated).Any())
        {
            return pod;
        }

        Container Give(Container c) => allocated.TryGetValue(c.Name, out var r) ? c with { Resources = r } : c;
        return pod with
        {
            Spec = pod.Spec with
            {
                Containers = [.. pod.Spec.Containers.Select(Give)],
                InitContainers = [.. pod.Spec.InitContainers.Select(Give)],
            },
        };
    }

    /// <summary>Looks whether other resources are asked for, and gives them if they are there.</summary>
    /// <param name="pod">The pod as defined.</param>
    /// <param name="runtime">The pod as it runs.</param>
    /// <param name="publish">Has the conditions shown before the change begins.</param>
    /// <param name="cancellationToken">Ends the change.</param>
    /// <returns>The containers that have to be restarted for their new resources.</returns>
    public async Task<IReadOnlyList<ContainerKill>> ResizeAsync(Pod pod, RuntimePod runtime, Func<Task> publish, CancellationToken cancellationToken)
    {
        _allocated ??= pod.Spec.InitContainers.Concat(pod.Spec.Containers).ToDictionary(c => c.Name, c => runtime.Find(c.Name)?.Resources ?? c.Resources);
        var changed = Changed(pod, _allocated).ToList();
        if (changed.Count == 0 && (_actual is null || _outgoing.Count > 0))
        {
            CompleteIfRunning(pod, runtime);
            return [];
        }

        if (changed.Count > 0)
        {
            if (services.Admission.Resize(pod) is { } shortage)
            {
                Defer(pod, shortage);
                return [];
            }

            _actual ??= _allocated;
            _allocated = pod.Spec.InitContainers.Concat(pod.Spec.Containers).ToDictionary(c => c.Name, c => c.Resources);
            _inProgress = Describe(pod, error: null);
            services.Events.Emit(pod, null, "Normal", "ResizeStarted", "Pod resize started: " + _inProgress);
            Conditions = [Condition(pod, "PodResizeInProgress", "", "")];
            await publish();
        }

        return await GiveAsync(pod, runtime, _actual!, cancellationToken);
    }

    /// <summary>Has the containers' resources changed from what they have to what they have been given.</summary>
    private async Task<IReadOnlyList<ContainerKill>> GiveAsync(
        Pod pod, RuntimePod runtime, Dictionary<string, ResourceRequirements> before, CancellationToken cancellationToken)
    {
        var changed = Changed(pod, before).ToList();
        if (await WhyNotLessAsync(pod, runtime, changed, before, cancellationToken) is { } error)
        {
            Fail(pod, error);
            return [];
        }

        var restarts = new List<ContainerKill>();
        _outgoing = [];
        try
        {
            services.Cgroups.Widen(pod);
            foreach (var container in changed)
            {
                if (runtime.Find(container.Name) is not { IsRunning: true } running)
                {
                    continue;
                }

                if (NeedsRestart(container, before[container.Name]))
                {
                    _outgoing[container.Name] = running.Id;
                    restarts.Add(new(running, container, $"Container {container.Name} resize requires restart", KillReason.Other));
                }
                else
                {
                    await services.Runtime.UpdateContainerResourcesAsync(
                        running.Id, ContainerResources.Build(pod, container, services.Node.MemoryCapacity), cancellationToken);
                }
            }
        }
        catch
        {
            // Not given after all: the next look tries again.
            (_allocated, _actual, _inProgress) = (before, null, null);
            throw;
        }

        if (restarts.Count == 0)
        {
            Complete(pod);
        }

        return restarts;
    }

    private void Defer(Pod pod, Admission.PodRejection shortage)
    {
        if (_refusedGeneration == pod.Metadata.Generation)
        {
            return;
        }

        _refusedGeneration = pod.Metadata.Generation;
        var infeasible = new[] { "memory", "cpu" }.Select(r => (Name: r, Request: PodResources.Request(pod, r), All: Capacity(r))).FirstOrDefault(r => r.Request > r.All);
        var (verdict, reason, message) = infeasible.Name is { } resource
            ? ("Infeasible", "Infeasible", $"Node didn't have enough capacity: {resource}, requested: {infeasible.Request}, capacity: {infeasible.All}")
            : ("Deferred", shortage.Reason, shortage.Message);
        Conditions = [Condition(pod, "PodResizePending", verdict, message)];
        services.Events.Emit(pod, null, "Warning", "Resize" + verdict, $"Pod resize {reason}: {Describe(pod, message)}");
    }

    private long Capacity(string resource) => resource == "cpu" ? services.Node.Allocatable[resource].MilliValue : services.Node.Allocatable[resource].Value;

    /// <summary>A change by restart is complete once the new runs are there.</summary>
    private void CompleteIfRunning(Pod pod, RuntimePod runtime)
    {
        if (_inProgress is null)
        {
            Conditions = [];
        }
        else if (pod.Spec.Containers.All(c => runtime.Find(c.Name) is { IsRunning: true } run && _outgoing.GetValueOrDefault(c.Name) != run.Id))
        {
            Complete(pod);
        }
    }

    private void Complete(Pod pod)
    {
        services.Cgroups.Apply(pod);
        services.Events.Emit(pod, null, "Normal", "ResizeCompleted", "Pod resize completed: " + _inProgress);
        _inProgress = null;
        _actual = null;
        Conditions = [];
    }

    /// <summary>Why the memory of a pod cannot be cut down now: it uses more than it would have, and the kernel would kill. Null if it can.</summary>
    private async Task<string?> WhyNotLessAsync(
        Pod pod, RuntimePod runtime, List<Container> changed, Dictionary<string, ResourceRequirements> before, CancellationToken cancellationToken)
    {
        var shrinking = changed
            .Where(c => !NeedsRestart(c, before[c.Name])
                && c.Resources.Limits.GetValueOrDefault("memory") is { } limit
                && (before[c.Name].Limits.GetValueOrDefault("memory") is not { } old || limit < old))
            .ToList();
        if (shrinking.Count == 0)
        {
            return null;
        }

        var reasons = new List<string>();
        var whole = PodResources.Limits(pod);
        if (whole.AllHaveMemory && services.Cgroups.Usage(pod) is { } used && whole.Memory < (long)used.MemoryBytes)
        {
            reasons.Add($"attempting to set pod memory limit ({whole.Memory}) below current usage ({used.MemoryBytes})");
        }

        var stats = await services.Runtime.ListContainerStatsAsync(cancellationToken);
        foreach (var container in shrinking)
        {
            var limit = container.Resources.Limits["memory"].Value;
            if (runtime.Find(container.Name) is { IsRunning: true } running
                && stats.FirstOrDefault(s => s.Attributes.Id == running.Id)?.Memory?.UsageBytes?.Value is { } usage
                && limit < (long)usage)
            {
                reasons.Add($"attempting to set container \"{container.Name}\" memory limit ({limit}) below current usage ({usage})");
            }
        }

        return reasons.Count switch
        {
            0 => null,
            1 => $"cannot decrease memory limits: {reasons[0]}",
            _ => $"cannot decrease memory limits: [{string.Join(", ", reasons)}]",
        };
    }

    /// <summary>Tells once why a change is not made; every later look tries again.</summary>
    private void Fail(Pod pod, string error)
    {
        if (Conditions is [{ Reason: "Error" } told] && told.ObservedGeneration == pod.Metadata.Generation)
        {
            return;
        }

        Conditions = [Condition(pod, "PodResizeInProgress", "Error", error)];
        services.Events.Emit(pod, null, "Warning", "ResizeError", $"Pod resize error: {Describe(pod, error)}");
    }

    private PodCondition Condition(Pod pod, string type, string reason, string message) => new()
    {
        Type = type,
        Status = "True",
        Reason = reason,
        Message = message,
        ObservedGeneration = pod.Metadata.Generation,
        LastProbeTime = services.Time.NowSeconds(),
    };

    private static IEnumerable<Container> Changed(Pod pod, Dictionary<string, ResourceRequirements> allocated) =>
        pod.Spec.InitContainers.Concat(pod.Spec.Containers).Where(c => allocated.TryGetValue(c.Name, out var has) && !Same(has, c.Resources));

    private static bool Same(ResourceRequirements a, ResourceRequirements b) =>
        new[] { "cpu", "memory" }.All(r => Equals(a.Requests.GetValueOrDefault(r), b.Requests.GetValueOrDefault(r)) && Equals(a.Limits.GetValueOrDefault(r), b.Limits.GetValueOrDefault(r)));

    private static bool NeedsRestart(Container container, ResourceRequirements before) =>
        container.ResizePolicy.Any(p => p.RestartPolicy == "RestartContainer"
            && (!Equals(before.Requests.GetValueOrDefault(p.ResourceName), container.Resources.Requests.GetValueOrDefault(p.ResourceName))
                || !Equals(before.Limits.GetValueOrDefault(p.ResourceName), container.Resources.Limits.GetValueOrDefault(p.ResourceName))));

    private static string Describe(Pod pod, string? error)
    {
        var containers = pod.Spec.Containers.Where(c => c.Resources.Requests.Count > 0 || c.Resources.Limits.Count > 0)
            .Select(c => $"{{\"name\":\"{c.Name}\",\"resources\":{c.Resources}}}");
        var failure = error is null ? "" : $",\"error\":{System.Text.Encoding.UTF8.GetString(Api.Json.ApiJson.WriteValueToArray(error))}";
        return $"{{\"containers\":[{string.Join(',', containers)}],\"generation\":{pod.Metadata.Generation}{failure}}}";
    }
}
