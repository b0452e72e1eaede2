using Orchestrator.Agent.Cgroups;
using Orchestrator.Agent.Pods;

namespace Orchestrator.Agent.Stats;

/// <summary>Reads from the control groups what everything uses; a moment's answer serves all who ask within it.</summary>
internal sealed class StatsCollector(ICgroups cgroups, PodCgroups podCgroups, PodManager manager, RuntimePodReader reader, TimeProvider time)
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    // Rates over less than this are noise.
    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim _collecting = new(1);
    private Dictionary<string, (ulong CpuNanos, DateTimeOffset At, ulong NanoCores)> _last = [];
    private NodeStats? _current;

    public async Task<NodeStats> CollectAsync(CancellationToken cancellationToken)
    {
        await _collecting.WaitAsync(cancellationToken);
        try
        {
            var now = time.GetUtcNow();
            if (_current is { } current && now - current.Time < Freshness)
            {
                return current;
            }

            var next = new Dictionary<string, (ulong, DateTimeOffset, ulong)>();
            var pods = new List<PodStats>();
            foreach (var worker in manager.Workers.Where(w => w.State == PodWorkerState.Active))
            {
                var pod = worker.Pod with { Status = worker.Status };
                if (podCgroups.Usage(pod) is not { } usage)
                {
                    continue;
                }

                var runtimePod = await reader.ReadAsync(pod.Metadata.Uid, cancellationToken);
                var containers = new List<ContainerUsage>();
                foreach (var container in runtimePod.Containers.Where(c => c.IsRunning))
                {
                    if (cgroups.Usage($"{podCgroups.PathOf(pod)}/{container.Id}") is { } own)
                    {
                        containers.Add(new(container.Name, container.StartedAt ?? now, Sample(container.Id, own, now, next)));
                    }
                }

                pods.Add(new(pod, Sample(pod.Metadata.Uid, usage, now, next), containers));
            }

            var node = cgroups.Usage("") ?? new CgroupUsage(0, 0, 0, 0, 0, 0);
            _current = new NodeStats(now, Sample("", node, now, next), pods);
            _last = next;
            return _current;
        }
        finally
        {
            _collecting.Release();
        }
    }

    private UsageSample Sample(
        string key, CgroupUsage usage, DateTimeOffset now, Dictionary<string, (ulong CpuNanos, DateTimeOffset At, ulong NanoCores)> next)
    {
        var cores = 0UL;
        var kept = (usage.CpuNanos, At: now, NanoCores: 0UL);
        if (_last.TryGetValue(key, out var before))
        {
            var elapsed = now - before.At;
            if (elapsed >= RateWindow)
            {
                cores = usage.CpuNanos > before.CpuNanos ? (ulong)((usage.CpuNanos - before.CpuNanos) / elapsed.TotalSeconds) : 0;
                kept = (usage.CpuNanos, now, cores);
            }
            else
            {
                (cores, kept) = (before.NanoCores, before);
            }
        }

        next[key] = kept;
        return new(usage.CpuNanos, cores, usage.MemoryBytes, usage.WorkingSetBytes, usage.RssBytes, usage.PageFaults, usage.MajorPageFaults);
    }
}
