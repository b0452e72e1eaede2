using Orchestrator.Agent.Cgroups;
using Orchestrator.Api;

namespace Orchestrator.Agent.Pods.Containers;

/// <summary>A container's resources as the runtime takes them.</summary>
internal static class ContainerResources
{
    private const int GuaranteedOomScore = -997;
    private const int BestEffortOomScore = 1000;
    private const int SystemCriticalPriority = 2_000_000_000;

    /// <summary>Weights, quotas, limits and the score by which the kernel picks its victim.</summary>
    public static Cri.LinuxContainerResources Build(Pod pod, Container container, long memoryCapacity)
    {
        var cpuRequest = container.Resources.Requests.GetValueOrDefault("cpu");
        var cpuLimit = container.Resources.Limits.GetValueOrDefault("cpu");

        // A limit without a request is a request as well.
        var requestMillis = cpuRequest is null or { IsZero: true } ? cpuLimit?.MilliValue ?? 0 : cpuRequest.MilliValue;
        return new Cri.LinuxContainerResources
        {
            CpuPeriod = CpuMath.Period,
            CpuQuota = CpuMath.Quota(cpuLimit?.MilliValue ?? 0),
            CpuShares = CpuMath.Shares(requestMillis),
            MemoryLimitInBytes = container.Resources.Limits.GetValueOrDefault("memory")?.Value ?? 0,
            OomScoreAdj = OomScore(pod, container, memoryCapacity),
        };
    }

    /// <summary>The kernel's score adjustment: the less of its request a burstable container uses, the safer it is.</summary>
    internal static long OomScore(Pod pod, Container container, long memoryCapacity)
    {
        if (pod.Spec.Priority >= SystemCriticalPriority)
        {
            return GuaranteedOomScore;
        }

        switch (pod.Qos)
        {
            case QosClass.Guaranteed:
                return GuaranteedOomScore;
            case QosClass.BestEffort:
                return BestEffortOomScore;
        }

        var request = container.Resources.Requests.GetValueOrDefault("memory")?.Value ?? 0;
        var score = 1000 - (long)((Int128)1000 * request / memoryCapacity);
        if (score < 1000 + GuaranteedOomScore)
        {
            return 1000 + GuaranteedOomScore;
        }

        return score == BestEffortOomScore ? score - 1 : score;
    }
}
