using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.PodGc;

/// <summary>Deletes pods that nobody else will: on nodes that are gone, ended ones beyond the limit, terminating ones that never ran or whose node is out of service.</summary>
internal sealed partial class PodGarbageCollector : IController
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(20);

    // A node that is missing in the cache gets this long before the server is asked for the last time.
    private static readonly TimeSpan Quarantine = TimeSpan.FromSeconds(40);

    private readonly ControllerContext _context;
    private readonly IInformer<Pod> _pods;
    private readonly IInformer<Node> _nodes;
    private readonly ILogger<PodGarbageCollector> _logger;
    private readonly Dictionary<string, long> _missingSince = [];

    public PodGarbageCollector(ControllerContext context)
    {
        _context = context;
        _logger = context.Loggers.CreateLogger<PodGarbageCollector>();
        _pods = context.Informers.Get<Pod>();
        _nodes = context.Informers.Get<Node>();
    }

    public string Name => "pod-garbage-collector-controller";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Period, _context.Time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var pods = _pods.List();
            await CollectEndedAsync(pods, cancellationToken);
            await CollectOrphansAsync(pods, cancellationToken);
            foreach (var pod in pods)
            {
                // Deleted before it was scheduled: no kubelet will finish it.
                if (pod.IsBeingDeleted && pod.Spec.NodeName.Length == 0)
                {
                    await DeleteAsync(pod, null, cancellationToken);
                }
                else if (pod.IsBeingDeleted && IsOutOfService(pod.Spec.NodeName))
                {
                    await DeleteAsync(pod, null, cancellationToken);
                }
            }
        }
    }

    private bool IsOutOfService(string node) => _nodes.Find("", node) is { } found
        && found.Spec.Taints.Any(static t => t.Key == "node.kubernetes.io/out-of-service")
        && !found.Status.Conditions.Any(static c => c is { Type: "Ready", Status: "True" });

    private async ValueTask CollectEndedAsync(IReadOnlyCollection<Pod> pods, CancellationToken cancellationToken)
    {
        var threshold = _context.Options.TerminatedPodGcThreshold;
        if (threshold <= 0)
        {
            return;
        }

        var ended = pods.Where(static p => p.IsTerminal).ToList();
        if (ended.Count <= threshold)
        {
            return;
        }

        // Evicted pods first, then the oldest.
        foreach (var pod in ended.OrderBy(static p => p.Status.Reason == "Evicted" ? 0 : 1).ThenBy(static p => p.Metadata.CreationTimestamp).Take(ended.Count - threshold))
        {
            await DeleteAsync(pod, null, cancellationToken);
        }
    }

    private async ValueTask CollectOrphansAsync(IReadOnlyCollection<Pod> pods, CancellationToken cancellationToken)
    {
        var lost = pods.Where(p => p.Spec.NodeName.Length > 0 && !_nodes.TryGet(new("", p.Spec.NodeName), out _)).GroupBy(static p => p.Spec.NodeName).ToList();
        foreach (var name in _missingSince.Keys.Where(n => lost.All(l => l.Key != n)).ToList())
        {
            _missingSince.Remove(name);
        }

        foreach (var group in lost)
        {
            if (!_missingSince.TryGetValue(group.Key, out var since))
            {
                _missingSince[group.Key] = _context.Time.GetTimestamp();
                continue;
            }

            if (_context.Time.GetElapsedTime(since) < Quarantine)
            {
                continue;
            }

            var node = await _context.Client.GetAsync<Node>(new ObjectKey("", group.Key), cancellationToken);
            if (!node.IsNotFound)
            {
                continue;
            }

            foreach (var pod in group)
            {
                await DeleteAsync(pod, new() { Type = "DisruptionTarget", Status = "True", Reason = "DeletionByPodGC", Message = "PodGC: node no longer exists" }, cancellationToken);
            }
        }
    }

    private async ValueTask DeleteAsync(Pod pod, PodCondition? condition, CancellationToken cancellationToken)
    {
        // Its phase must not stay Running for those who count ended pods (Jobs).
        if (!pod.IsTerminal)
        {
            var status = pod.Status with { Phase = "Failed" };
            if (condition is not null)
            {
                status = status.WithCondition(condition with { ObservedGeneration = pod.Metadata.Generation, LastTransitionTime = _context.Time.NowSeconds() });
            }

            var marked = await _context.Client.UpdateStatusAsync(pod with { Status = status }, cancellationToken);
            if (!marked.IsOk && !marked.IsNotFound)
            {
                LogFailed(pod.Key, marked.Error.Message);
                return;
            }
        }

        var deleted = await _context.Client.DeleteAsync<Pod>(
            pod.Key, new() { GracePeriodSeconds = 0, Preconditions = new() { Uid = pod.Metadata.Uid } }, cancellationToken);
        if (!deleted.IsOk && !deleted.IsNotFound)
        {
            LogFailed(pod.Key, deleted.Error.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Pod {Key} could not be collected: {Reason}")]
    private partial void LogFailed(ObjectKey key, string reason);
}
