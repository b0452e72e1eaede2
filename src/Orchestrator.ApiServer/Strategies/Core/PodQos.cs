using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Strategies.Core;

/// <summary>The quality of service class of a pod: what its containers ask for, and how far they may go beyond.</summary>
internal static class PodQos
{
    public static string Of(PodSpec spec)
    {
        if (spec.Resources is { } pod && (pod.Requests.Count > 0 || pod.Limits.Count > 0))
        {
            var (requests, limits) = (new Totals(), new Totals());
            requests.Add(pod.Requests);
            limits.Add(pod.Limits);
            return Class(requests, limits, limits.HasBoth);
        }

        var (allRequests, allLimits, guaranteed) = (new Totals(), new Totals(), true);
        foreach (var container in spec.Containers)
        {
            Look(container);
        }

        foreach (var container in spec.InitContainers)
        {
            Look(container);
        }

        return Class(allRequests, allLimits, guaranteed);

        void Look(Container container)
        {
            allRequests.Add(container.Resources.Requests);
            var own = new Totals();
            own.Add(container.Resources.Limits);
            allLimits.Add(container.Resources.Limits);
            guaranteed &= own.HasBoth;
        }
    }

    private static string Class(Totals requests, Totals limits, bool guaranteed) =>
        requests.IsEmpty && limits.IsEmpty ? "BestEffort"
        : guaranteed && requests.Cpu == limits.Cpu && requests.Memory == limits.Memory ? "Guaranteed"
        : "Burstable";

    private struct Totals
    {
        public Int128 Cpu;
        public Int128 Memory;

        public readonly bool IsEmpty => Cpu == 0 && Memory == 0;

        public readonly bool HasBoth => Cpu != 0 && Memory != 0;

        public void Add(ApiMap<Quantity> list)
        {
            Cpu += list.TryGetValue("cpu", out var cpu) && cpu.Sign > 0 ? cpu.Nanos : 0;
            Memory += list.TryGetValue("memory", out var memory) && memory.Sign > 0 ? memory.Nanos : 0;
        }
    }
}
