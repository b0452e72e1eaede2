using System.Collections.Concurrent;
using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Revisions;

namespace Orchestrator.Controllers.DaemonSets;

/// <summary>DaemonSets: one pod on every node that fits.</summary>
internal sealed class DaemonSetController : QueueController
{
    private const string HashLabel = "controller-revision-hash";
    private const string GenerationLabel = "pod-template-generation";
    private const string GenerationAnnotation = "deprecated.daemonset.template.generation";
    private const int Burst = 250;

    private static readonly TimeSpan EvictionMark = TimeSpan.FromMilliseconds(500);

    // How long a failed pod's node waits for the next, upstream's figures.
    private static readonly BackoffPolicy FailedPods = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(15));

    private readonly IInformer<DaemonSet> _sets;
    private readonly IInformer<Pod> _pods;
    private readonly IInformer<Node> _nodes;
    private readonly IInformer<ControllerRevision> _revisions;
    private readonly IEventRecorder _events;
    private readonly PodControl _control;
    private readonly Expectations _expectations;
    private readonly ConcurrentDictionary<(string Uid, string Node), (int Count, DateTimeOffset At)> _failures = [];

    public DaemonSetController(ControllerContext context)
        : base("daemonset-controller", context, workers: 2)
    {
        _events = context.Recorder("daemonset-controller");
        _control = new(context.Client, _events);
        _expectations = new(context.Time);
        _sets = Watch<DaemonSet>();
        _sets.AddHandler(deleted: s => _expectations.Forget(s.Key));
        _revisions = context.Informers.Get<ControllerRevision>();
        _revisions.AddControllerIndex();
        _revisions.OnChange(r =>
        {
            if (_sets.Resolve(r.Metadata.Namespace, "DaemonSet", r.ControllerRef) is { } set)
            {
                Queue.Add(set.Key);
            }
        });
        _pods = context.Informers.Get<Pod>();
        _pods.AddControllerIndex();
        _pods.AddHandler(OnPodAdded, OnPodUpdated, OnPodDeleted);
        _nodes = context.Informers.Get<Node>();
        _nodes.AddHandler(added: _ => EnqueueAll(), updated: OnNodeUpdated, deleted: _ => EnqueueAll());
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_sets.TryGet(key, out var set))
        {
            _expectations.Forget(key);
            return ReconcileResult.Done;
        }

        if (set.Spec.Selector is { MatchLabels.Count: 0, MatchExpressions.Count: 0 })
        {
            _events.Warning(set, "SelectingAll", "This daemon set is selecting all pods. A non-empty selector is required.");
            return ReconcileResult.Done;
        }

        if (set.IsBeingDeleted)
        {
            return ReconcileResult.Done;
        }

        // Asked before the pods are listed: what is observed in between must not make an old list look new.
        var mayManage = _expectations.Satisfied(key);
        var references = new ControllerRefManager<DaemonSet>(Client, set, LabelMatcher.From(set.Spec.Selector));
        var history = new DaemonRevisions(Client, set);
        var (revisions, revisionError) = await references.ClaimAsync(_revisions.CandidatesOf(set).ToList(), null, cancellationToken);
        if (revisionError is not null)
        {
            return revisionError;
        }

        if (await history.SettleAsync(revisions, cancellationToken) is { } settleError)
        {
            return settleError;
        }

        var (pods, podError) = await references.ClaimAsync(_pods.CandidatesOf(set).ToList(), null, cancellationToken);
        if (podError is not null)
        {
            return podError;
        }

        var byNode = new Dictionary<string, List<Pod>>();
        foreach (var pod in pods)
        {
            // Ended and on its way out: its node is free for the next.
            if (pod.IsBeingDeleted && pod.IsTerminal)
            {
                continue;
            }

            var target = NodeMatch.TargetOf(pod);
            if (!byNode.TryGetValue(target, out var list))
            {
                byNode[target] = list = [];
            }

            list.Add(pod);
        }

        var nodes = _nodes.List().OrderBy(static n => n.Metadata.Name, StringComparer.Ordinal).ToList();
        Status? error = null;
        TimeSpan? revisit = null;
        if (mayManage)
        {
            (error, revisit, var acted) = await ManageAsync(set, history.Hash, nodes, byNode, cancellationToken);
            if (error is null && !acted && set.Spec.UpdateStrategy.Type is "RollingUpdate" or "")
            {
                error = await RollAsync(set, history.Hash, nodes, byNode, cancellationToken);
            }

            error ??= await history.TruncateAsync(pods, cancellationToken);
        }

        var statusError = await WriteStatusAsync(set, history, nodes, byNode, cancellationToken);
        error ??= statusError;
        if (error is not null)
        {
            return error;
        }

        return NextAvailable(set, pods) is { } available && (revisit is null || available < revisit) ? ReconcileResult.RevisitAfter(available)
            : revisit is { } later ? ReconcileResult.RevisitAfter(later)
            : ReconcileResult.Done;
    }

    private TimeSpan? NextAvailable(DaemonSet set, List<Pod> pods)
    {
        TimeSpan? next = null;
        foreach (var pod in pods)
        {
            if (set.Spec.MinReadySeconds > 0 && pod.FindCondition("Ready") is { Status: "True", LastTransitionTime: { } since }
                && since + TimeSpan.FromSeconds(set.Spec.MinReadySeconds) - Time.GetUtcNow() is var left && left > TimeSpan.Zero && (next is null || left < next))
            {
                next = left;
            }
        }

        return next;
    }

    /// <summary>Makes the pods that are missing and deletes those that are too many, misplaced or failed.</summary>
    private async ValueTask<(Status? Error, TimeSpan? Revisit, bool Acted)> ManageAsync(
        DaemonSet set, string hash, List<Node> nodes, Dictionary<string, List<Pod>> byNode, CancellationToken cancellationToken)
    {
        var create = new List<string>();
        var delete = new List<Pod>();
        TimeSpan? revisit = null;
        foreach (var node in nodes)
        {
            var name = node.Metadata.Name;
            var here = byNode.GetValueOrDefault(name) ?? [];
            var (shouldRun, mayContinue) = NodeMatch.Judge(set.Spec.Template.Spec, node);
            if (shouldRun && here.Count == 0)
            {
                create.Add(name);
            }
            else if (mayContinue)
            {
                revisit = JudgeNode(set, name, here, hash, delete) ?? revisit;
            }
            else
            {
                delete.AddRange(here.Where(static p => !p.IsBeingDeleted));
            }
        }

        // Pods tied to nodes that are gone and not yet bound would wait for ever.
        foreach (var (node, here) in byNode)
        {
            if (node.Length > 0 && nodes.All(n => n.Metadata.Name != node))
            {
                delete.AddRange(here.Where(static p => p.Spec.NodeName.Length == 0 && !p.IsBeingDeleted));
            }
        }

        return (await SyncAsync(set, hash, create, delete, cancellationToken), revisit, create.Count + delete.Count > 0);
    }

    private TimeSpan? JudgeNode(DaemonSet set, string node, List<Pod> here, string hash, List<Pod> delete)
    {
        TimeSpan? revisit = null;
        var running = new List<Pod>();
        foreach (var pod in here)
        {
            if (pod.IsBeingDeleted)
            {
                continue;
            }

            if (pod.Status.Phase == "Failed")
            {
                var failures = _failures.GetValueOrDefault((set.Metadata.Uid, node));
                var wait = failures.Count == 0 ? TimeSpan.Zero : failures.At + FailedPods.Delay(failures.Count - 1) - Time.GetUtcNow();
                if (wait > TimeSpan.Zero)
                {
                    revisit = wait;
                    continue;
                }

                // Forgotten after twice the longest wait without a failure.
                var count = Time.GetUtcNow() - failures.At > 2 * FailedPods.Max ? 0 : failures.Count;
                _failures[(set.Metadata.Uid, node)] = (count + 1, Time.GetUtcNow());
                _events.Warning(set, "FailedDaemonPod", $"Found failed daemon pod {pod.Key} on node {node}, will try to kill it");
                delete.Add(pod);
            }
            else if (pod.Status.Phase == "Succeeded")
            {
                _events.Normal(set, "SucceededDaemonPod", $"Found succeeded daemon pod {pod.Key} on node {node}, will try to delete it");
                delete.Add(pod);
            }
            else
            {
                running.Add(pod);
            }
        }

        running.Sort(OldestFirst);
        if (Limits(set, 1).Surge == 0)
        {
            // Of several the oldest stays.
            delete.AddRange(running.Skip(1));
            return revisit;
        }

        // With a surge two may run at once: the oldest of each template, and the old one only until the new one is available or while it is ready itself.
        var fresh = running.Find(p => IsOf(set, p, hash));
        var stale = running.Find(p => !IsOf(set, p, hash));
        delete.AddRange(running.Where(p => p != fresh && p != stale));
        if (fresh is not null && stale is not null && (!stale.IsReady || fresh.IsAvailable(set.Spec.MinReadySeconds, Time.GetUtcNow())))
        {
            delete.Add(stale);
        }

        return revisit;
    }

    /// <summary>Bound before unbound, then by age.</summary>
    private static int OldestFirst(Pod x, Pod y) =>
        (x.Spec.NodeName.Length == 0).CompareTo(y.Spec.NodeName.Length == 0) is var byBinding and not 0 ? byBinding
        : Nullable.Compare(x.Metadata.CreationTimestamp, y.Metadata.CreationTimestamp) is var byTime and not 0 ? byTime
        : string.CompareOrdinal(x.Metadata.Name, y.Metadata.Name);

    private async ValueTask<Status?> SyncAsync(DaemonSet set, string hash, List<string> create, List<Pod> delete, CancellationToken cancellationToken)
    {
        create = [.. create.Take(Burst)];
        delete = [.. delete.Take(Burst)];
        if (create.Count + delete.Count == 0)
        {
            return null;
        }

        _expectations.Expect(set.Key, create.Count, delete.Select(static p => p.Metadata.Uid));
        var template = TemplateOf(set, hash);
        var (succeeded, error) = await SlowStart.RunAsync(create.Count, async i =>
        {
            var pod = PodControl.FromTemplate(template, set);
            pod = pod with { Spec = pod.Spec with { Affinity = NodeMatch.Pin(pod.Spec.Affinity, create[i]) } };
            var created = await _control.CreateAsync(pod, set, cancellationToken);
            return created.IsOk || created.IsNamespaceTerminating ? null : created.Error;
        });
        if (succeeded < create.Count)
        {
            _expectations.CreationObserved(set.Key, create.Count - succeeded);
        }

        var errors = await Task.WhenAll(delete.Select(async pod =>
        {
            var deleted = await _control.DeleteAsync(pod, set, cancellationToken);
            if (deleted.IsOk)
            {
                return null;
            }

            _expectations.DeletionObserved(set.Key, pod.Metadata.Uid);
            return deleted.IsNotFound ? null : deleted.Error;
        }));
        return error ?? errors.FirstOrDefault(static e => e is not null);
    }

    /// <summary>Replaces pods of an old template, as many at a time as may be unavailable; with a surge the new ones come first.</summary>
    private async ValueTask<Status?> RollAsync(DaemonSet set, string hash, List<Node> nodes, Dictionary<string, List<Pod>> byNode, CancellationToken cancellationToken)
    {
        var wanted = nodes.Where(n => NodeMatch.Judge(set.Spec.Template.Spec, n).ShouldRun).Select(static n => n.Metadata.Name).ToList();
        var (surge, maxUnavailable) = Limits(set, wanted.Count);
        var now = Time.GetUtcNow();
        var unavailable = 0;
        var candidates = new List<Pod>();
        var broken = new List<Pod>();
        var (create, replace) = (new List<string>(), new List<string>());
        var surging = 0;

        // A node that takes no new pods but lets one stay has its old pod replaced all the same, by none.
        foreach (var node in wanted.Union(byNode.Keys.Where(static n => n.Length > 0)))
        {
            var here = byNode.GetValueOrDefault(node) ?? [];
            var fresh = here.FirstOrDefault(p => !p.IsBeingDeleted && !p.IsTerminal && IsOf(set, p, hash));
            var stale = here.FirstOrDefault(p => !p.IsBeingDeleted && !p.IsTerminal && !IsOf(set, p, hash));
            if (surge > 0)
            {
                if (fresh is null && stale is not null && !wanted.Contains(node))
                {
                    // Nothing will take its place here.
                    broken.Add(stale);
                }
                else if (fresh is null && stale is not null)
                {
                    // A node whose old pod serves nobody gets its new one at once.
                    (stale.IsAvailable(set.Spec.MinReadySeconds, now) ? create : replace).Add(node);
                }
                else if (fresh is not null && stale is not null)
                {
                    if (fresh.IsAvailable(set.Spec.MinReadySeconds, now))
                    {
                        broken.Add(stale);
                    }
                    else
                    {
                        surging++;
                    }
                }

                continue;
            }

            if (fresh is not null)
            {
                unavailable += fresh.IsAvailable(set.Spec.MinReadySeconds, now) ? 0 : 1;
            }
            else if (stale is not null)
            {
                if (stale.IsAvailable(set.Spec.MinReadySeconds, now))
                {
                    candidates.Add(stale);
                }
                else
                {
                    broken.Add(stale);
                    unavailable++;
                }
            }
            else
            {
                unavailable++;
            }
        }

        if (surge > 0)
        {
            return await SyncAsync(set, hash, [.. replace, .. create.Take(Math.Max(0, surge - surging))], broken, cancellationToken);
        }

        // Those that serve nobody cost nothing.
        return await SyncAsync(set, hash, [], [.. broken, .. candidates.Take(Math.Max(0, maxUnavailable - unavailable))], cancellationToken);
    }

    private static (int Surge, int Unavailable) Limits(DaemonSet set, int desired)
    {
        if (set.Spec.UpdateStrategy.RollingUpdate is not { } rolling || set.Spec.UpdateStrategy.Type == "OnDelete")
        {
            return (0, 0);
        }

        var surge = rolling.MaxSurge?.Scale(desired, roundUp: true) ?? 0;
        var unavailable = rolling.MaxUnavailable?.Scale(desired, roundUp: true) ?? 1;
        return (surge, surge == 0 && unavailable == 0 ? 1 : unavailable);
    }

    private static bool IsOf(DaemonSet set, Pod pod, string hash) =>
        pod.Metadata.Labels.GetValueOrDefault(HashLabel) == hash
        || (set.Metadata.Annotations.TryGetValue(GenerationAnnotation, out var generation) && pod.Metadata.Labels.GetValueOrDefault(GenerationLabel) == generation);

    private static PodTemplateSpec TemplateOf(DaemonSet set, string hash)
    {
        var template = set.Spec.Template;
        var labels = template.Metadata.Labels.With(HashLabel, hash);
        if (set.Metadata.Annotations.TryGetValue(GenerationAnnotation, out var generation))
        {
            labels = labels.With(GenerationLabel, generation);
        }

        return template with
        {
            Metadata = template.Metadata with { Labels = labels },
            Spec = template.Spec with { Tolerations = NodeMatch.Tolerations(template.Spec) },
        };
    }

    private async ValueTask<Status?> WriteStatusAsync(DaemonSet set, DaemonRevisions history, List<Node> nodes, Dictionary<string, List<Pod>> byNode, CancellationToken cancellationToken)
    {
        var (desired, current, misscheduled, ready, updated, available) = (0, 0, 0, 0, 0, 0);
        var now = Time.GetUtcNow();
        foreach (var node in nodes)
        {
            var here = byNode.GetValueOrDefault(node.Metadata.Name) ?? [];
            if (!NodeMatch.Judge(set.Spec.Template.Spec, node).ShouldRun)
            {
                misscheduled += here.Count > 0 ? 1 : 0;
                continue;
            }

            desired++;
            if (here.Count == 0)
            {
                continue;
            }

            current++;

            // The eldest speaks for the node, also while its successor is starting beside it.
            var oldest = here.Min(Comparer<Pod>.Create(OldestFirst))!;
            if (oldest.IsReady)
            {
                ready++;
                available += oldest.IsAvailable(set.Spec.MinReadySeconds, now) ? 1 : 0;
            }

            updated += IsOf(set, oldest, history.Hash) ? 1 : 0;
        }

        var status = set.Status with
        {
            ObservedGeneration = set.Metadata.Generation,
            DesiredNumberScheduled = desired,
            CurrentNumberScheduled = current,
            NumberMisscheduled = misscheduled,
            NumberReady = ready,
            UpdatedNumberScheduled = updated,
            NumberAvailable = available,
            NumberUnavailable = desired - available,
            CollisionCount = history.CollisionCount,
        };
        if (status.Equals(set.Status))
        {
            return null;
        }

        var written = await Client.UpdateStatusAsync(set with { Status = status }, cancellationToken);
        return written.IsOk || written.IsNotFound ? null : written.Error;
    }

    private void OnPodAdded(Pod pod)
    {
        if (pod.IsBeingDeleted)
        {
            OnPodDeleted(pod);
            return;
        }

        if (_sets.Resolve(pod.Metadata.Namespace, "DaemonSet", pod.ControllerRef) is { } set)
        {
            _expectations.CreationObserved(set.Key);
            Queue.Add(set.Key);
        }
        else if (pod.ControllerRef is null)
        {
            EnqueueAdopters(pod);
        }
    }

    private void OnPodUpdated(Pod old, Pod pod)
    {
        if (pod.IsBeingDeleted && !old.IsBeingDeleted)
        {
            OnPodDeleted(pod);
            return;
        }

        if (old.ControllerRef?.Uid != pod.ControllerRef?.Uid && _sets.Resolve(old.Metadata.Namespace, "DaemonSet", old.ControllerRef) is { } former)
        {
            Queue.Add(former.Key);
        }

        if (_sets.Resolve(pod.Metadata.Namespace, "DaemonSet", pod.ControllerRef) is { } set)
        {
            Queue.Add(set.Key);
        }
        else if (pod.ControllerRef is null && !old.Metadata.Labels.Equals(pod.Metadata.Labels))
        {
            EnqueueAdopters(pod);
        }
    }

    private void OnPodDeleted(Pod pod)
    {
        if (_sets.Resolve(pod.Metadata.Namespace, "DaemonSet", pod.ControllerRef) is { } set)
        {
            _expectations.DeletionObserved(set.Key, pod.Metadata.Uid);
            Queue.Add(set.Key);
        }
    }

    private void OnNodeUpdated(Node old, Node node)
    {
        if (old.Metadata.Labels.Equals(node.Metadata.Labels) && old.Spec.Taints.Equals(node.Spec.Taints))
        {
            return;
        }

        foreach (var set in _sets.List())
        {
            var (before, after) = (NodeMatch.Judge(set.Spec.Template.Spec, old), NodeMatch.Judge(set.Spec.Template.Spec, node));
            if (before != after)
            {
                // Pods that a taint evicts are marked with why they go by those who evict; that needs a moment before they are deleted here.
                Queue.AddAfter(set.Key, after.MayContinue ? TimeSpan.Zero : EvictionMark);
            }
        }
    }

    private void EnqueueAdopters(Pod pod)
    {
        foreach (var set in _sets.List(pod.Metadata.Namespace))
        {
            if (LabelMatcher.From(set.Spec.Selector).Matches(pod.Metadata.Labels))
            {
                Queue.Add(set.Key);
            }
        }
    }

    private void EnqueueAll()
    {
        foreach (var set in _sets.List())
        {
            Queue.Add(set.Key);
        }
    }
}
