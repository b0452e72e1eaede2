using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Images;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Reporting;
using Orchestrator.Agent.Runtime;
using Orchestrator.Agent.Stats;
using Orchestrator.Agent.Volumes;
using Orchestrator.Api;

namespace Orchestrator.Agent.Eviction;

/// <summary>Ends pods before the node breaks: those that use more storage than they may, and, when the node runs short, those that use most beyond what they asked for.</summary>
/// <remarks>
/// 1. Pods over their own limits go, however much there is. 2. A node that is short first gives up what it can spare (unused images).
/// 3. Then one pod a pass: those beyond their request first, of these the lower priority, of these the larger excess. Critical pods stay.
/// Measuring costs nothing while no pod has a limit and nothing is short.
/// </remarks>
internal sealed partial class EvictionManager(
    PodManager pods,
    NodePressure pressure,
    StatsCollector stats,
    IContainerRuntime runtime,
    ImageCollector images,
    PodPaths paths,
    IPodEvents events,
    ILogger<EvictionManager> logger)
{
    /// <summary>Upstream's monitoring interval.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private const string Storage = "ephemeral-storage";

    /// <summary>One look at the node and its pods.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await EnforceLimitsAsync(cancellationToken);
        if (pressure.Shortages is not [var shortage, ..])
        {
            return;
        }

        LogShort(shortage.Resource, shortage.Available.ToString(), shortage.Threshold.ToString());
        events.EmitNode("Warning", "EvictionThresholdMet", $"Attempting to reclaim {shortage.Resource}");
        if (shortage.Signal != EvictionSignal.Memory)
        {
            await images.CollectAsync(cancellationToken);
        }

        if (await RankAsync(shortage, cancellationToken) is [var victim, ..])
        {
            var message = EvictionTexts.NodeIsLow(shortage, victim.Worker.Pod, victim.ByContainer);
            LogEvicting(victim.Worker.Pod.Text, message);
            victim.Worker.Evict(message, isDisruption: true);
        }
        else
        {
            LogNothingToEvict(shortage.Resource);
        }
    }

    /// <summary>What goes first comes first.</summary>
    internal static IReadOnlyList<Candidate> Rank(string resource, IEnumerable<Candidate> candidates) =>
    [
        .. candidates
            .Where(c => !IsCritical(c.Worker.Pod))
            .OrderByDescending(c => c.Used > PodResources.Request(c.Worker.Pod, resource))
            .ThenBy(c => c.Worker.Pod.Spec.Priority ?? 0)
            .ThenByDescending(c => c.Used - PodResources.Request(c.Worker.Pod, resource)),
    ];

    private static bool IsCritical(Pod pod) => pod.IsStatic || pod.Spec.Priority >= PodExtensions.CriticalPriority;

    private IEnumerable<PodWorker> Active => pods.Workers.Where(w => w.State == PodWorkerState.Active);

    private async Task<IReadOnlyList<Candidate>> RankAsync(Shortage shortage, CancellationToken cancellationToken)
    {
        if (shortage.Signal == EvictionSignal.Memory)
        {
            var now = await stats.CollectAsync(cancellationToken);
            var byUid = now.Pods.ToDictionary(p => p.Pod.Metadata.Uid);
            return Rank(shortage.Resource, Active.Where(w => byUid.ContainsKey(w.Pod.Metadata.Uid)).Select(w =>
            {
                var usage = byUid[w.Pod.Metadata.Uid];
                return new Candidate(w, (long)usage.Usage.WorkingSetBytes, usage.Containers.ToDictionary(c => c.Name, c => (long)c.Usage.WorkingSetBytes));
            }));
        }

        var written = await WrittenAsync(cancellationToken);
        return Rank(shortage.Resource, Active.Select(w =>
        {
            var byContainer = StorageOf(w.Pod, written);
            return new Candidate(w, byContainer.Values.Sum() + VolumesOf(w.Pod), byContainer);
        }));
    }

    private async Task EnforceLimitsAsync(CancellationToken cancellationToken)
    {
        var limited = Active.Where(w => Limits(w.Pod).Any()).ToList();
        if (limited.Count == 0)
        {
            return;
        }

        var written = await WrittenAsync(cancellationToken);
        foreach (var worker in limited)
        {
            var pod = worker.Pod;
            var byContainer = StorageOf(pod, written);
            var whole = Limits(pod).Aggregate(Quantity.Zero, (sum, l) => sum + l.Limit);
            if (byContainer.Values.Sum() + VolumesOf(pod) > whole.Value)
            {
                worker.Evict(EvictionTexts.PodStorage(whole), isDisruption: false);
            }
            else if (Limits(pod).FirstOrDefault(l => byContainer.GetValueOrDefault(l.Container) > l.Limit.Value) is { Container: { } container, Limit: var limit })
            {
                worker.Evict(EvictionTexts.ContainerStorage(container, limit), isDisruption: false);
            }
        }
    }

    private static IEnumerable<(string Container, Quantity Limit)> Limits(Pod pod) =>
        pod.Spec.InitContainers.Where(c => c.IsSidecar).Concat(pod.Spec.Containers)
            .Select(c => (c.Name, Limit: c.Resources.Limits.GetValueOrDefault(Storage)))
            .Where(l => l.Limit is { IsZero: false })
            .Select(l => (l.Name, l.Limit!));

    /// <summary>What each container has written to its own layer, by pod's uid and name.</summary>
    private async Task<Dictionary<(string Uid, string Container), long>> WrittenAsync(CancellationToken cancellationToken)
    {
        var written = new Dictionary<(string, string), long>();
        foreach (var container in await runtime.ListContainerStatsAsync(cancellationToken))
        {
            var labels = container.Attributes?.Labels;
            if (labels is not null && labels.TryGetValue(ContainerLabels.PodUid, out var uid) && labels.TryGetValue(ContainerLabels.ContainerName, out var name))
            {
                written[(uid, name)] = (long)(container.WritableLayer?.UsedBytes?.Value ?? 0);
            }
        }

        return written;
    }

    /// <summary>What each container has written, its logs with it.</summary>
    private Dictionary<string, long> StorageOf(Pod pod, Dictionary<(string Uid, string Container), long> written)
    {
        var logs = paths.LogFolder(pod.Metadata.Namespace, pod.Metadata.Name, pod.Metadata.Uid);
        return pod.Spec.InitContainers.Concat(pod.Spec.Containers).ToDictionary(
            c => c.Name, c => written.GetValueOrDefault((pod.Metadata.Uid, c.Name)) + DiskUsage.Of(Path.Combine(logs, c.Name)));
    }

    private long VolumesOf(Pod pod) => pod.Spec.Volumes
        .Where(v => v.EmptyDir is { Medium: not "Memory" })
        .Sum(v => DiskUsage.Of(paths.VolumeFolder(pod.Metadata.Uid, "kubernetes.io~empty-dir", v.Name)));

    [LoggerMessage(5871, LogLevel.Warning, "The node is short of {Resource}: {Available} are left, below {Threshold}")]
    private partial void LogShort(string resource, string available, string threshold);

    [LoggerMessage(5872, LogLevel.Warning, "Evicting {Pod}: {Reason}")]
    private partial void LogEvicting(string pod, string reason);

    [LoggerMessage(5873, LogLevel.Warning, "The node is short of {Resource}, and there is no pod to evict")]
    private partial void LogNothingToEvict(string resource);

    /// <summary>A pod that may have to go.</summary>
    /// <param name="Worker">The pod's worker.</param>
    /// <param name="Used">Bytes that the whole pod uses.</param>
    /// <param name="ByContainer">Bytes that its containers use.</param>
    internal sealed record Candidate(PodWorker Worker, long Used, IReadOnlyDictionary<string, long> ByContainer);
}
