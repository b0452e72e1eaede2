using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Coordination.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Nodes;

/// <summary>Watches the nodes' signs of life. A silent node's conditions become Unknown, its pods not ready, and taints keep pods away and send them off.</summary>
/// <remarks>
/// Two parts: the queue keeps taints and labels in step with each node object at once; the monitor looks at all nodes every few seconds for
/// silence, which no event tells. Only changes seen by this process's own clock count as life, so that clocks are never compared.
/// </remarks>
internal sealed partial class NodeLifecycleController : QueueController
{
    private const string LeaseNamespace = "kube-node-lease";
    private static readonly string[] Judged = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

    private readonly IInformer<Node> _nodes;
    private readonly IInformer<Lease> _leases;
    private readonly IInformer<Pod> _pods;
    private readonly IEventRecorder _events;
    private readonly ZoneDisruption _zones;
    private readonly Dictionary<string, NodeHealth> _health = [];
    private readonly HashSet<string> _registered = [];
    private readonly ILogger _logger;

    public NodeLifecycleController(ControllerContext context)
        : base("node-lifecycle-controller", context, workers: 4)
    {
        _logger = Logger;
        _events = context.Recorder("node-controller");
        _zones = new(context.Time);
        _nodes = Watch<Node>();
        _leases = context.Informers.Get<Lease>(new() { Namespace = LeaseNamespace });
        _pods = context.Informers.Get<Pod>();
        _pods.AddNodeNameIndex();
    }

    public override async Task RunAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(base.RunAsync(cancellationToken), MonitorAsync(cancellationToken));

    /// <summary>Labels and the taints against scheduling of one node.</summary>
    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_nodes.TryGet(key, out var node))
        {
            return ReconcileResult.Done;
        }

        var labels = node.Metadata.Labels;
        labels = WithTwin(labels, "kubernetes.io/os", "beta.kubernetes.io/os");
        labels = WithTwin(labels, "kubernetes.io/arch", "beta.kubernetes.io/arch");
        var taints = NodeTaints.ForScheduling(node, Time.NowSeconds());
        if (ReferenceEquals(labels, node.Metadata.Labels) && ReferenceEquals(taints, node.Spec.Taints))
        {
            return ReconcileResult.Done;
        }

        var updated = await Client.UpdateAsync(
            node with { Metadata = node.Metadata with { Labels = labels }, Spec = node.Spec with { Taints = taints } }, cancellationToken);
        return updated.IsOk || updated.IsNotFound ? ReconcileResult.Done : updated.Error;
    }

    private static ApiMap<string> WithTwin(ApiMap<string> labels, string key, string twin) =>
        labels.TryGetValue(key, out var value) && labels.GetValueOrDefault(twin) != value ? labels.With(twin, value) : labels;

    private async Task MonitorAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Context.Options.NodeMonitorPeriod, Time);
        try
        {
            do
            {
                foreach (var node in _nodes.List())
                {
                    try
                    {
                        await JudgeAsync(node, cancellationToken);
                    }
                    catch (Exception e) when (e is not OperationCanceledException)
                    {
                        // One bad node never stops the others.
                        LogFailed(e, node.Metadata.Name);
                    }
                }

                Unregister();
                await TaintAsync(cancellationToken);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Shut down.
        }
    }

    private async ValueTask JudgeAsync(Node node, CancellationToken cancellationToken)
    {
        var name = node.Metadata.Name;
        if (_registered.Add(name))
        {
            RecordNode(node, "RegisteredNode", $"Registered Node {name} in Controller");
        }

        var observed = node.Status.Conditions.FirstOrDefault(static c => c.Type == "Ready");
        var renewal = _leases.Find(LeaseNamespace, name)?.Spec.RenewTime;
        if (!_health.TryGetValue(name, out var health))
        {
            _health[name] = health = new() { SeenAt = Time.GetTimestamp(), Heartbeat = observed?.LastHeartbeatTime, Renewal = renewal };
        }
        else if (observed?.LastHeartbeatTime != health.Heartbeat || (observed?.Status ?? "Unknown") != health.Ready || (renewal is not null && renewal != health.Renewal))
        {
            (health.SeenAt, health.Heartbeat, health.Renewal) = (Time.GetTimestamp(), observed?.LastHeartbeatTime, renewal ?? health.Renewal);
        }

        health.Ready = observed?.Status ?? "Unknown";
        var grace = observed is null ? Context.Options.NodeStartupGracePeriod : Context.Options.NodeMonitorGracePeriod;
        if (Time.GetElapsedTime(health.SeenAt) > grace && Judged.Any(t => node.Status.Conditions.FirstOrDefault(c => c.Type == t)?.Status != "Unknown"))
        {
            var silent = node with { Status = node.Status with { Conditions = MakeUnknown(node.Status.Conditions) } };
            var written = await Client.UpdateStatusAsync(silent, cancellationToken);
            if (!written.IsOk)
            {
                // It spoke just now, or the server did not; the next round sees.
                return;
            }

            health.Ready = "Unknown";
            health.Heartbeat = written.Value.Status.Conditions.FirstOrDefault(static c => c.Type == "Ready")?.LastHeartbeatTime;
            if (observed?.Status == "True")
            {
                LogSilent(name, grace);
                _events.Record(ReferenceOf(node), "Normal", "NodeNotReady", $"Node {name} status is now: NodeNotReady");
                health.PodsToMark = true;
            }
        }
        else if (observed?.Status == "True")
        {
            health.PodsToMark = false;
        }

        if (health.PodsToMark)
        {
            health.PodsToMark = !await MarkPodsAsync(name, cancellationToken);
        }
    }

    private ApiList<NodeCondition> MakeUnknown(ApiList<NodeCondition> conditions)
    {
        var now = Time.NowSeconds();
        return
        [
            .. conditions.Select(c => !Judged.Contains(c.Type) || c.Status == "Unknown" ? c : c with
            {
                Status = "Unknown", Reason = "NodeStatusUnknown", Message = "Kubelet stopped posting node status.", LastTransitionTime = now,
            }),
            .. Judged.Where(t => conditions.All(c => c.Type != t)).Select(t => new NodeCondition
            {
                Type = t, Status = "Unknown", Reason = "NodeStatusNeverUpdated", Message = "Kubelet never posted node status.", LastHeartbeatTime = now, LastTransitionTime = now,
            }),
        ];
    }

    /// <summary>Pods of a silent node are not ready, so that Services stop sending to them.</summary>
    private async ValueTask<bool> MarkPodsAsync(string node, CancellationToken cancellationToken)
    {
        var all = true;
        foreach (var pod in _pods.ByIndex(InformerHandlerExtensions.NodeNameIndex, node))
        {
            if (pod.FindCondition("Ready") is not { Status: "True" } ready)
            {
                continue;
            }

            var status = pod.Status.WithCondition(ready with { Status = "False", LastTransitionTime = Time.NowSeconds() });
            var written = await Client.UpdateStatusAsync(pod with { Status = status }, cancellationToken);
            if (written.IsOk)
            {
                _events.Warning(pod, "NodeNotReady", "Node is not ready");
            }
            else
            {
                all &= written.IsNotFound;
            }
        }

        return all;
    }

    private void Unregister()
    {
        foreach (var name in _registered.Where(n => !_nodes.TryGet(new("", n), out _)).ToList())
        {
            _registered.Remove(name);
            _health.Remove(name, out _);
            _events.Record(
                new() { ApiVersion = "v1", Kind = "Node", Name = name, Uid = name }, "Normal", "RemovingNode", $"Node {name} event: Removing Node {name} from Controller");
        }
    }

    /// <summary>The taints that evict: added at the pace that the zones' state allows, taken away at once.</summary>
    private async ValueTask TaintAsync(CancellationToken cancellationToken)
    {
        var nodes = _nodes.List();
        _zones.Observe(nodes);
        foreach (var node in nodes)
        {
            // No pod should come any more before those that are there are sent off, whichever of the two parts saw the silence first.
            var now = Time.NowSeconds();
            var closed = node with { Spec = node.Spec with { Taints = NodeTaints.ForScheduling(node, now) } };
            var taints = NodeTaints.ForExecution(closed, allowed: !_zones.IsTotal, now);
            if (ReferenceEquals(taints, closed.Spec.Taints))
            {
                continue;
            }

            // Exchanging one for the other is no new eviction.
            var had = node.Spec.Taints.Any(static t => t.Effect == "NoExecute" && t.Key is NodeTaints.NotReady or NodeTaints.Unreachable);
            if (!had && !_zones.TryTake(ZoneDisruption.ZoneOf(node)))
            {
                continue;
            }

            var updated = await Client.UpdateAsync(node with { Spec = node.Spec with { Taints = taints } }, cancellationToken);
            if (!updated.IsOk && !updated.IsConflict && !updated.IsNotFound)
            {
                LogTaintFailed(node.Metadata.Name, updated.Error.Message);
            }
        }
    }

    private void RecordNode(Node node, string reason, string message) =>
        _events.Record(ReferenceOf(node), "Normal", reason, $"Node {node.Metadata.Name} event: {message}");

    private static ObjectReference ReferenceOf(Node node) => new() { ApiVersion = "v1", Kind = "Node", Name = node.Metadata.Name, Uid = node.Metadata.Uid };

    [LoggerMessage(LogLevel.Warning, "Node {Node} was silent for more than {Grace}")]
    private partial void LogSilent(string node, TimeSpan grace);

    [LoggerMessage(LogLevel.Warning, "The taints of node {Node} could not be set: {Reason}")]
    private partial void LogTaintFailed(string node, string reason);

    [LoggerMessage(LogLevel.Error, "Looking at node {Node} failed")]
    private partial void LogFailed(Exception exception, string node);
}
