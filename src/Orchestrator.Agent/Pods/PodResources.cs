using Orchestrator.Api;

namespace Orchestrator.Agent.Pods;

/// <summary>What a whole pod asks for, with its init containers, sidecars and overhead.</summary>
internal static class PodResources
{
    /// <summary>The requests of a pod as the scheduler counts them.</summary>
    public static PodAmounts Requests(Pod pod) => new(
        Of(pod, "cpu", r => r.Requests, q => q.MilliValue) ?? 0,
        Of(pod, "memory", r => r.Requests, q => q.Value) ?? 0,
        AllHaveCpu: true,
        AllHaveMemory: true);

    /// <summary>The limits of a pod; a container without one leaves the pod without.</summary>
    public static PodAmounts Limits(Pod pod) => new(
        Of(pod, "cpu", r => r.Limits, q => q.MilliValue) ?? 0,
        Of(pod, "memory", r => r.Limits, q => q.Value) ?? 0,
        AllHave(pod, "cpu"),
        AllHave(pod, "memory"));

    /// <summary>The request of a pod for any resource, in its whole units (thousandths for cpu).</summary>
    public static long Request(Pod pod, string resource) =>
        Of(pod, resource, r => r.Requests, resource == "cpu" ? q => q.MilliValue : q => q.Value) ?? 0;

    /// <summary>The names of all resources that a pod asks for.</summary>
    public static IEnumerable<string> RequestedNames(Pod pod) =>
        pod.Spec.InitContainers.Concat(pod.Spec.Containers)
            .SelectMany(c => c.Resources.Requests.Keys)
            .Concat(pod.Spec.Resources?.Requests.Keys ?? [])
            .Concat(pod.Spec.Overhead.Keys)
            .Distinct();

    private static bool AllHave(Pod pod, string resource) =>
        pod.Spec.Resources?.Limits.ContainsKey(resource) == true
        || pod.Spec.Containers.Concat(pod.Spec.InitContainers).All(c => c.Resources.Limits.GetValueOrDefault(resource) is { IsZero: false });

    private static long? Of(Pod pod, string resource, Func<ResourceRequirements, ApiMap<Quantity>> side, Func<Quantity, long> value)
    {
        var overhead = pod.Spec.Overhead.GetValueOrDefault(resource) is { } o ? value(o) : 0;
        if (pod.Spec.Resources is { } podLevel && side(podLevel).GetValueOrDefault(resource) is { } whole)
        {
            return value(whole) + overhead;
        }

        long Of(Container c) => side(c.Resources).GetValueOrDefault(resource) is { } q ? value(q) : 0;

        // An init container runs beside the sidecars before it; the containers run beside all sidecars.
        var sidecars = 0L;
        var initPeak = 0L;
        foreach (var container in pod.Spec.InitContainers)
        {
            if (container.IsSidecar)
            {
                sidecars += Of(container);
                initPeak = Math.Max(initPeak, sidecars);
            }
            else
            {
                initPeak = Math.Max(initPeak, sidecars + Of(container));
            }
        }

        return Math.Max(initPeak, sidecars + pod.Spec.Containers.Sum(Of)) + overhead;
    }
}
