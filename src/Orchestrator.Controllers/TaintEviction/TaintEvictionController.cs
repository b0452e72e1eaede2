using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.TaintEviction;

/// <summary>Deletes pods that do not tolerate a NoExecute taint of their node, at once or when their toleration ends.</summary>
internal sealed class TaintEvictionController : QueueController
{
    private readonly IInformer<Node> _nodes;
    private readonly IInformer<Pod> _pods;
    private readonly IEventRecorder _events;
    private readonly Lock _lock = new();

    // Since when a pod's eviction is due, and when it comes. Lost with the process: then the toleration starts anew, as upstream's does.
    private readonly Dictionary<ObjectKey, (DateTimeOffset Since, DateTimeOffset At)> _scheduled = [];

    public TaintEvictionController(ControllerContext context)
        : base("taint-eviction-controller", context, workers: 4)
    {
        _events = context.Recorder("taint-eviction-controller");
        _nodes = context.Informers.Get<Node>();
        _pods = context.Informers.Get<Pod>();
        _pods.AddNodeNameIndex();
        _nodes.AddHandler(added: node => EnqueuePods(node), updated: (old, node) =>
        {
            if (!old.Spec.Taints.Equals(node.Spec.Taints))
            {
                EnqueuePods(node);
            }
        });
        _pods.AddHandler(
            added: p => Queue.Add(p.Key),
            updated: (old, p) =>
            {
                if (old.Spec.NodeName != p.Spec.NodeName || !old.Spec.Tolerations.Equals(p.Spec.Tolerations))
                {
                    Queue.Add(p.Key);
                }
            },
            deleted: p =>
            {
                lock (_lock)
                {
                    _scheduled.Remove(p.Key);
                }
            });
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_pods.TryGet(key, out var pod) || pod.Spec.NodeName.Length == 0 || pod.IsTerminal
            || (pod.IsBeingDeleted && pod.FindCondition("DisruptionTarget") is not null) || !_nodes.TryGet(new("", pod.Spec.NodeName), out var node))
        {
            return ReconcileResult.Done;
        }

        var tolerated = Tolerated(pod, node.Spec.Taints);
        if (tolerated == TimeSpan.MaxValue)
        {
            Cancel(pod);
            return ReconcileResult.Done;
        }

        var now = Time.GetUtcNow();
        if (tolerated == TimeSpan.Zero)
        {
            // What was due later is due now; upstream tells of both.
            Cancel(pod, dueAfter: now);
        }

        DateTimeOffset at;
        lock (_lock)
        {
            var since = _scheduled.TryGetValue(key, out var before) ? before.Since : now;
            at = since + tolerated;
            _scheduled[key] = (since, at);
        }

        return at > now ? ReconcileResult.RevisitAfter(at - now) : await EvictAsync(pod, cancellationToken);
    }

    /// <summary>How long the pod may stay: zero if some taint is not tolerated, the maximum if all are for ever.</summary>
    internal static TimeSpan Tolerated(Pod pod, ApiList<Taint> taints)
    {
        var least = TimeSpan.MaxValue;
        foreach (var taint in taints)
        {
            if (taint.Effect != "NoExecute")
            {
                continue;
            }

            var tolerations = pod.Spec.Tolerations.Where(t => Tolerates(t, taint)).ToList();
            if (tolerations.Count == 0)
            {
                return TimeSpan.Zero;
            }

            foreach (var toleration in tolerations)
            {
                if (toleration.TolerationSeconds is { } seconds)
                {
                    var time = TimeSpan.FromSeconds(Math.Clamp(seconds, 0, int.MaxValue));
                    least = time < least ? time : least;
                }
            }
        }

        return least;
    }

    private static bool Tolerates(Toleration toleration, Taint taint) =>
        (toleration.Effect.Length == 0 || toleration.Effect == taint.Effect)
        && (toleration.Key.Length == 0 ? toleration.Operator == "Exists" : toleration.Key == taint.Key)
        && (toleration.Operator == "Exists" || (toleration.Operator is "" or "Equal" && toleration.Value == taint.Value));

    private async ValueTask<ReconcileResult> EvictAsync(Pod pod, CancellationToken cancellationToken)
    {
        _events.Normal(pod, "TaintManagerEviction", $"Marking for deletion Pod {pod.Key}");
        var status = pod.Status.WithCondition(new()
        {
            Type = "DisruptionTarget",
            ObservedGeneration = pod.Metadata.Generation,
            Status = "True",
            LastTransitionTime = Time.NowSeconds(),
            Reason = "DeletionByTaintManager",
            Message = "Taint manager: deleting due to NoExecute taint",
        });
        var marked = await Client.UpdateStatusAsync(pod with { Status = status }, cancellationToken);
        if (!marked.IsOk)
        {
            return marked.IsNotFound ? ReconcileResult.Done : marked.Error;
        }

        var deleted = await Client.DeleteAsync(ResourcePath.Of<Pod>(pod.Key), null, cancellationToken);
        if (!deleted.IsOk && !deleted.IsNotFound)
        {
            return deleted.Error;
        }

        lock (_lock)
        {
            _scheduled.Remove(pod.Key);
        }

        return ReconcileResult.Done;
    }

    private void Cancel(Pod pod, DateTimeOffset dueAfter = default)
    {
        bool was;
        lock (_lock)
        {
            was = _scheduled.TryGetValue(pod.Key, out var due) && due.At > dueAfter && _scheduled.Remove(pod.Key);
        }

        if (was)
        {
            _events.Normal(pod, "TaintManagerEviction", $"Cancelling deletion of Pod {pod.Key}");
        }
    }

    private void EnqueuePods(Node node)
    {
        foreach (var pod in _pods.ByIndex(InformerHandlerExtensions.NodeNameIndex, node.Metadata.Name))
        {
            Queue.Add(pod.Key);
        }
    }
}
