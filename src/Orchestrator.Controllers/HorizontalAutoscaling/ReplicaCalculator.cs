using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.HorizontalAutoscaling;

/// <summary>From what pods use to how many there should be. A pure function; upstream's arithmetic.</summary>
/// <remarks>
/// Pods without a measurement and pods that are still starting never speak for more change: when usage is high they count as using nothing,
/// when it is low as using their full share.
/// </remarks>
internal static class ReplicaCalculator
{
    // A starting pod's processor time says little about its load.
    private static readonly TimeSpan CpuInitializationPeriod = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan InitialReadinessDelay = TimeSpan.FromSeconds(30);

    /// <summary>Replicas so that pods use a percentage of what they request.</summary>
    /// <exception cref="MetricException">Nothing follows from these pods and measurements.</exception>
    public static (int Replicas, int Utilization, long MilliAverage) ByUtilization(
        int currentReplicas, int targetUtilization, Dictionary<string, PodMetric> measured, IReadOnlyList<Pod> pods, string resource, string container, Tolerances tolerances, DateTimeOffset now)
    {
        var (metrics, groups) = Group(measured, pods, resource, now);
        var requests = Requests(pods, resource, container);
        var (ratio, utilization, average) = UtilizationRatio(metrics, requests, targetUtilization);
        var replicas = Propose(
            currentReplicas,
            ratio,
            metrics,
            groups,
            tolerances,
            fallback: pod => requests.GetValueOrDefault(pod) * Math.Max(100, targetUtilization) / 100,
            ratioOf: all => UtilizationRatio(all, requests, targetUtilization).Ratio);
        return (replicas, utilization, average);
    }

    /// <summary>Replicas so that pods use an amount on average.</summary>
    /// <exception cref="MetricException">Nothing follows from these pods and measurements.</exception>
    public static (int Replicas, long MilliAverage) ByAverage(
        int currentReplicas, long targetMilliValue, Dictionary<string, PodMetric> measured, IReadOnlyList<Pod> pods, string resource, Tolerances tolerances, DateTimeOffset now)
    {
        var (metrics, groups) = Group(measured, pods, resource, now);
        double RatioOf(Dictionary<string, PodMetric> all) => (double)AverageOf(all) / targetMilliValue;
        var replicas = Propose(currentReplicas, RatioOf(metrics), metrics, groups, tolerances, fallback: _ => targetMilliValue, ratioOf: RatioOf);
        return (replicas, AverageOf(metrics));
    }

    /// <summary>Replicas so that a value that all pods share comes to its target, given how many are ready to share it.</summary>
    /// <exception cref="MetricException">There are no pods to judge by.</exception>
    public static int BySharedValue(int currentReplicas, long milliValue, long targetMilliValue, IReadOnlyList<Pod> pods, Tolerances tolerances)
    {
        var ratio = (double)milliValue / targetMilliValue;
        if (currentReplicas == 0)
        {
            return (int)Math.Ceiling(ratio);
        }

        return tolerances.Contain(ratio) ? currentReplicas
            : pods.Count == 0 ? throw new MetricException("unable to calculate ready pods: no pods returned by selector while calculating replica count")
            : (int)Math.Ceiling(ratio * pods.Count(static p => p.Status.Phase == "Running" && p.IsReady));
    }

    /// <summary>Replicas so that each has its share of a value, and the share that each has now.</summary>
    public static (int Replicas, long MilliAverage) ByShare(int statusReplicas, long milliValue, long targetMilliAverage, Tolerances tolerances)
    {
        var ratio = milliValue / ((double)targetMilliAverage * statusReplicas);
        return (
            tolerances.Contain(ratio) ? statusReplicas : (int)Math.Ceiling((double)milliValue / targetMilliAverage),
            statusReplicas == 0 ? 0 : (long)Math.Ceiling((double)milliValue / statusReplicas));
    }

    private static long AverageOf(Dictionary<string, PodMetric> metrics) => metrics.Values.Sum(static m => m.MilliValue) / metrics.Count;

    private static int Propose(
        int currentReplicas,
        double ratio,
        Dictionary<string, PodMetric> metrics,
        PodGroups groups,
        Tolerances tolerances,
        Func<string, long> fallback,
        Func<Dictionary<string, PodMetric>, double> ratioOf)
    {
        var countsUnready = groups.Unready.Count > 0 && ratio > 1.0;
        if (!countsUnready && groups.Missing.Count == 0)
        {
            return tolerances.Contain(ratio) ? currentReplicas : (int)Math.Ceiling(ratio * groups.ReadyCount);
        }

        var all = new Dictionary<string, PodMetric>(metrics, StringComparer.Ordinal);
        foreach (var pod in groups.Missing)
        {
            if (ratio < 1.0)
            {
                all[pod] = new(fallback(pod), default, default);
            }
            else if (ratio > 1.0)
            {
                all[pod] = default;
            }
        }

        if (countsUnready)
        {
            foreach (var pod in groups.Unready)
            {
                all[pod] = default;
            }
        }

        var newRatio = ratioOf(all);
        if (tolerances.Contain(newRatio) || (ratio < 1.0 && newRatio > 1.0) || (ratio > 1.0 && newRatio < 1.0))
        {
            return currentReplicas;
        }

        // The direction was decided by what is known; the unknown may slow it down but not turn it around.
        var replicas = (int)Math.Ceiling(newRatio * all.Count);
        return (newRatio < 1.0 && replicas > currentReplicas) || (newRatio > 1.0 && replicas < currentReplicas) ? currentReplicas : replicas;
    }

    private static (Dictionary<string, PodMetric> Metrics, PodGroups Groups) Group(
        Dictionary<string, PodMetric> measured, IReadOnlyList<Pod> pods, string resource, DateTimeOffset now)
    {
        if (pods.Count == 0)
        {
            throw new MetricException("no pods returned by selector while calculating replica count");
        }

        var groups = new PodGroups();
        var metrics = new Dictionary<string, PodMetric>(measured, StringComparer.Ordinal);
        foreach (var pod in pods)
        {
            var name = pod.Metadata.Name;
            if (pod.IsBeingDeleted || pod.Status.Phase == "Failed")
            {
                metrics.Remove(name);
            }
            else if (pod.Status.Phase == "Pending")
            {
                groups.Unready.Add(name);
                metrics.Remove(name);
            }
            else if (!measured.TryGetValue(name, out var metric))
            {
                groups.Missing.Add(name);
            }
            else if (resource == "cpu" && IsStarting(pod, metric, now))
            {
                groups.Unready.Add(name);
                metrics.Remove(name);
            }
            else
            {
                groups.ReadyCount++;
            }
        }

        return metrics.Count > 0 ? (metrics, groups) : throw new MetricException("did not receive metrics for targeted pods (pods might be unready)");
    }

    private static bool IsStarting(Pod pod, PodMetric metric, DateTimeOffset now)
    {
        if (pod.FindCondition("Ready") is not { } ready || pod.Status.StartTime is not { } started)
        {
            return true;
        }

        var since = ready.LastTransitionTime ?? started;
        return started + CpuInitializationPeriod > now
            // One whole window must have been measured since the pod became ready.
            ? ready.Status == "False" || metric.Timestamp < since + metric.Window
            // Later on, only a pod that was never ready is still starting.
            : ready.Status == "False" && started + InitialReadinessDelay > since;
    }

    private static Dictionary<string, long> Requests(IReadOnlyList<Pod> pods, string resource, string container)
    {
        var requests = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var pod in pods)
        {
            var sum = 0L;
            foreach (var one in pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(static c => c.RestartPolicy == "Always")))
            {
                if (container.Length > 0 && one.Name != container)
                {
                    continue;
                }

                if (!one.Resources.Requests.TryGetValue(resource, out var request))
                {
                    throw new MetricException($"missing request for {resource} in container {one.Name} of Pod {pod.Metadata.Name}");
                }

                sum += request.MilliValue;
            }

            requests[pod.Metadata.Name] = sum;
        }

        return requests;
    }

    private static (double Ratio, int Utilization, long MilliAverage) UtilizationRatio(Dictionary<string, PodMetric> metrics, Dictionary<string, long> requests, int target)
    {
        long used = 0, requested = 0;
        var count = 0;
        foreach (var (pod, metric) in metrics)
        {
            if (requests.TryGetValue(pod, out var request))
            {
                used += metric.MilliValue;
                requested += request;
                count++;
            }
        }

        if (requested == 0)
        {
            throw new MetricException("no metrics returned matched known pods");
        }

        var utilization = (int)(used * 100 / requested);
        return ((double)utilization / target, utilization, used / count);
    }

    private sealed class PodGroups
    {
        public int ReadyCount { get; set; }

        /// <summary>Still starting: what they use now says nothing.</summary>
        public List<string> Unready { get; } = [];

        /// <summary>Nothing was measured.</summary>
        public List<string> Missing { get; } = [];
    }
}
