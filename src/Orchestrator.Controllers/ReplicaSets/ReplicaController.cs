using System.Collections.Concurrent;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.ReplicaSets;

/// <summary>Keeps as many equal pods as asked for: what ReplicaSets and ReplicationControllers have in common.</summary>
internal abstract class ReplicaController<T> : QueueController
    where T : ApiObject, IResourceObject<T>
{
    // No pass makes or deletes more than this.
    private const int Burst = 500;

    private readonly IInformer<Pod> _pods;
    private readonly PodControl _control;
    private readonly Expectations _expectations;

    protected ReplicaController(string name, string component, ControllerContext context)
        : base(name, context, workers: 5)
    {
        _expectations = new(context.Time);
        _control = new(context.Client, context.Recorder(component));
        Sets = context.Informers.Get<T>();
        Sets.AddControllerIndex();
        Sets.AddHandler(
            added: o => Queue.Add(o.Key),
            updated: (old, current) =>
            {
                // A namesake made anew must not wait for what its predecessor expected.
                if (old.Metadata.Uid != current.Metadata.Uid)
                {
                    _expectations.Forget(old.Key);
                }

                Queue.Add(current.Key);
            },
            deleted: o =>
            {
                _expectations.Forget(o.Key);
                Queue.Add(o.Key);
            });
        _pods = context.Informers.Get<Pod>();
        _pods.AddControllerIndex();
        _pods.AddHandler(OnPodAdded, OnPodUpdated, OnPodDeleted);
    }

    protected IInformer<T> Sets { get; }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!Sets.TryGet(key, out var set))
        {
            _expectations.Forget(key);
            return ReconcileResult.Done;
        }

        var mayManage = _expectations.Satisfied(key);
        var target = TargetOf(set);
        var candidates = _pods.CandidatesOf(set).ToList();
        var (claimed, claimError) = await new ControllerRefManager<T>(Client, set, target.Selector)
            .ClaimAsync(candidates.Where(static p => p.IsActive), null, cancellationToken);
        if (claimError is not null)
        {
            return claimError;
        }

        var active = claimed;
        var terminating = candidates.Count(p => p.IsControlledBy(set) && p.Metadata.DeletionTimestamp is not null && !p.IsTerminal && target.Selector.Matches(p.Metadata.Labels));
        Status? failure = null;
        if (mayManage && !set.IsBeingDeleted)
        {
            failure = await ManageAsync(set, target, active, cancellationToken);
        }

        var reason = target.Replicas > active.Count ? "FailedCreate" : "FailedDelete";
        var now = Time.GetUtcNow();
        var counts = ReplicaCounts.Of(active, terminating, target, failure, reason, now);
        var written = await WriteStatusAsync(set, counts, cancellationToken);
        if (!written.IsOk)
        {
            return written.IsNotFound ? ReconcileResult.Done : written.Error;
        }

        if (failure is not null)
        {
            return failure;
        }

        // Pods that are ready become available by time alone, which no event tells.
        return target.MinReadySeconds > 0 && counts.Available != counts.Ready
            ? ReconcileResult.RevisitAfter(NextAvailable(active, target.MinReadySeconds, now))
            : ReconcileResult.Done;
    }

    protected abstract ReplicaTarget TargetOf(T set);

    /// <summary>The set with the counts in its status; the same instance when that changes nothing.</summary>
    protected abstract T WithStatus(T set, ReplicaCounts counts);

    /// <summary>All sets under the same owner: their pods count when a node's crowd is measured.</summary>
    protected virtual IEnumerable<T> Siblings(T set) => set.ControllerRef is { } owner
        ? Sets.List(set.Metadata.Namespace).Where(s => s.ControllerRef?.Uid == owner.Uid)
        : [set];

    private static TimeSpan NextAvailable(List<Pod> pods, int minReadySeconds, DateTimeOffset now)
    {
        var next = TimeSpan.FromSeconds(minReadySeconds);
        foreach (var pod in pods)
        {
            if (pod.FindCondition("Ready") is { Status: "True", LastTransitionTime: { } since })
            {
                var left = since + TimeSpan.FromSeconds(minReadySeconds) - now;
                next = left > TimeSpan.Zero && left < next ? left : next;
            }
        }

        return next;
    }

    private async ValueTask<Status?> ManageAsync(T set, ReplicaTarget target, List<Pod> active, CancellationToken cancellationToken)
    {
        var missing = target.Replicas - active.Count;
        if (missing > 0)
        {
            missing = Math.Min(missing, Burst);
            _expectations.ExpectCreations(set.Key, missing);
            var pod = PodControl.FromTemplate(target.Template, set);
            var (succeeded, error) = await SlowStart.RunAsync(missing, async _ =>
            {
                var created = await _control.CreateAsync(pod, set, cancellationToken);
                return created.IsOk || created.IsNamespaceTerminating ? null : created.Error;
            });

            // Those that failed or were never tried will not be seen.
            if (succeeded < missing)
            {
                _expectations.CreationObserved(set.Key, missing - succeeded);
            }

            return error;
        }

        if (missing < 0)
        {
            var surplus = Math.Min(-missing, Burst);
            var doomed = ChooseDoomed(set, active, surplus);
            _expectations.ExpectDeletions(set.Key, doomed.Select(static p => p.Metadata.Uid));
            var errors = new ConcurrentQueue<Status>();
            await Task.WhenAll(doomed.Select(async pod =>
            {
                var deleted = await _control.DeleteAsync(pod, set, cancellationToken);
                if (!deleted.IsOk)
                {
                    _expectations.DeletionObserved(set.Key, pod.Metadata.Uid);
                    if (!deleted.IsNotFound)
                    {
                        errors.Enqueue(deleted.Error!);
                    }
                }
            }));
            return errors.TryPeek(out var first) ? first : null;
        }

        return null;
    }

    private List<Pod> ChooseDoomed(T set, List<Pod> active, int count)
    {
        if (count >= active.Count)
        {
            return active;
        }

        var crowd = new Dictionary<string, int>();
        foreach (var sibling in Siblings(set))
        {
            foreach (var pod in _pods.OwnedBy(sibling))
            {
                if (pod.IsActive)
                {
                    crowd[pod.Spec.NodeName] = crowd.GetValueOrDefault(pod.Spec.NodeName) + 1;
                }
            }
        }

        return [.. active.Order(new PodDeletionOrder(crowd, Time.GetUtcNow())).Take(count)];
    }

    private async ValueTask<ApiResult<T>> WriteStatusAsync(T set, ReplicaCounts counts, CancellationToken cancellationToken)
    {
        var current = set;
        for (var tries = 0; ; tries++)
        {
            var wanted = WithStatus(current, counts);
            if (ReferenceEquals(wanted, current))
            {
                return current;
            }

            var written = await Client.UpdateStatusAsync(wanted, cancellationToken);
            if (!written.IsConflict || tries == 1)
            {
                return written;
            }

            // Once more on the newest state, since a stale one is the common case while pods come and go.
            var fresh = await Client.GetAsync<T>(set.Key, cancellationToken);
            if (!fresh.IsOk || fresh.Value.Metadata.Uid != set.Metadata.Uid)
            {
                return fresh;
            }

            current = fresh.Value;
        }
    }

    private void OnPodAdded(Pod pod)
    {
        if (pod.IsBeingDeleted)
        {
            OnPodDeleted(pod);
            return;
        }

        if (pod.ControllerRef is { } reference)
        {
            if (Sets.Resolve(pod.Metadata.Namespace, T.Resource.Kind, reference) is { } set)
            {
                _expectations.CreationObserved(set.Key);
                Queue.Add(set.Key);
            }

            return;
        }

        EnqueueAdopters(pod);
    }

    private void OnPodUpdated(Pod old, Pod pod)
    {
        if (pod.IsBeingDeleted)
        {
            // A pod on its way out counts as gone: waiting for the kubelet would delay its successor by the grace period.
            OnPodDeleted(pod);
            if (!old.Metadata.Labels.Equals(pod.Metadata.Labels))
            {
                OnPodDeleted(old);
            }

            return;
        }

        var (before, after) = (old.ControllerRef, pod.ControllerRef);
        var moved = before?.Uid != after?.Uid;
        if (moved && Sets.Resolve(old.Metadata.Namespace, T.Resource.Kind, before) is { } former)
        {
            Queue.Add(former.Key);
        }

        if (after is not null)
        {
            if (Sets.Resolve(pod.Metadata.Namespace, T.Resource.Kind, after) is { } set)
            {
                Queue.Add(set.Key);
            }

            return;
        }

        if (moved || !old.Metadata.Labels.Equals(pod.Metadata.Labels))
        {
            EnqueueAdopters(pod);
        }
    }

    private void OnPodDeleted(Pod pod)
    {
        if (Sets.Resolve(pod.Metadata.Namespace, T.Resource.Kind, pod.ControllerRef) is { } set)
        {
            _expectations.DeletionObserved(set.Key, pod.Metadata.Uid);
            Queue.Add(set.Key);
        }
    }

    private void EnqueueAdopters(Pod pod)
    {
        foreach (var set in Sets.List(pod.Metadata.Namespace))
        {
            if (TargetOf(set).Selector.Matches(pod.Metadata.Labels))
            {
                Queue.Add(set.Key);
            }
        }
    }
}
