using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Autoscaling.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Policy.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Disruption;

/// <summary>PodDisruptionBudgets: how many of the pods may be evicted now.</summary>
internal sealed class DisruptionController : QueueController
{
    // A granted eviction whose pod is still there after this was not carried out.
    private static readonly TimeSpan DeletionPatience = TimeSpan.FromMinutes(2);

    private readonly IInformer<PodDisruptionBudget> _budgets;
    private readonly IInformer<Pod> _pods;
    private readonly IInformer<ReplicaSet> _replicaSets;
    private readonly IInformer<Deployment> _deployments;
    private readonly IInformer<StatefulSet> _statefulSets;
    private readonly IInformer<ReplicationController> _replicationControllers;
    private readonly IEventRecorder _events;

    public DisruptionController(ControllerContext context)
        : base("disruption-controller", context, workers: 2)
    {
        _events = context.Recorder("controllermanager");
        _budgets = Watch<PodDisruptionBudget>();
        _pods = context.Informers.Get<Pod>();
        _pods.AddHandler(added: p => Enqueue(p, null), updated: (old, p) => Enqueue(p, old), deleted: p => Enqueue(p, null));
        _replicaSets = context.Informers.Get<ReplicaSet>();
        _deployments = context.Informers.Get<Deployment>();
        _statefulSets = context.Informers.Get<StatefulSet>();
        _replicationControllers = context.Informers.Get<ReplicationController>();

        // A resized workload changes the expected number before its pods do.
        _replicaSets.AddHandler(updated: (old, s) => EnqueueOwner(s, old.Spec.Replicas != s.Spec.Replicas));
        _deployments.AddHandler(updated: (old, s) => EnqueueOwner(s, old.Spec.Replicas != s.Spec.Replicas));
        _statefulSets.AddHandler(updated: (old, s) => EnqueueOwner(s, old.Spec.Replicas != s.Spec.Replicas));
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_budgets.TryGet(key, out var budget))
        {
            return ReconcileResult.Done;
        }

        var selector = LabelMatcher.From(budget.Spec.Selector);
        var pods = _pods.List(key.Namespace).Where(p => selector.Matches(p.Metadata.Labels)).ToList();
        if (pods.Count == 0)
        {
            _events.Normal(budget, "NoPods", "No matching pods found");
        }

        var now = Time.GetUtcNow();
        var (expected, desired, unmanaged, failure) = await ExpectAsync(budget, pods, cancellationToken);
        if (unmanaged)
        {
            _events.Warning(
                budget,
                "UnmanagedPods",
                $"Pods selected by this PodDisruptionBudget (selector: {GoText.Of(budget.Spec.Selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set \".spec.minAvailable\" field of the PDB to an integer value.");
        }

        if (failure is not null)
        {
            _events.Warning(budget, "CalculateExpectedPodCountFailed", $"Failed to calculate the number of expected pods: {failure.Message}");
            return await FailSafeAsync(budget, failure, cancellationToken);
        }

        var (disrupted, recheck) = Disrupted(budget, pods, now);
        var healthy = pods.Count(p => !p.IsBeingDeleted && !(disrupted.TryGetValue(p.Metadata.Name, out var at) && at + DeletionPatience > now) && p.IsReady);
        var allowed = expected <= 0 ? 0 : Math.Max(0, healthy - desired);
        var status = budget.Status with
        {
            CurrentHealthy = healthy,
            DesiredHealthy = desired,
            ExpectedPods = expected,
            DisruptionsAllowed = allowed,
            DisruptedPods = disrupted,
            ObservedGeneration = budget.Metadata.Generation,
            Conditions = WithCondition(budget, budget.Metadata.Generation, allowed > 0 ? "True" : "False", allowed > 0 ? "SufficientPods" : "InsufficientPods", ""),
        };
        if (!status.Equals(budget.Status))
        {
            var written = await Client.UpdateStatusAsync(budget with { Status = status }, cancellationToken);
            if (!written.IsOk && !written.IsNotFound)
            {
                return written.Error;
            }
        }

        return recheck is { } after ? ReconcileResult.RevisitAfter(after) : ReconcileResult.Done;
    }

    private async ValueTask<(int Expected, int Desired, bool Unmanaged, Status? Failure)> ExpectAsync(PodDisruptionBudget budget, List<Pod> pods, CancellationToken cancellationToken)
    {
        if (budget.Spec.MaxUnavailable is { } maxUnavailable)
        {
            var (expected, unmanaged, failure) = await ScaleAsync(pods, cancellationToken);
            return (expected, Math.Max(0, expected - maxUnavailable.Scale(expected, roundUp: true)), unmanaged, failure);
        }

        if (budget.Spec.MinAvailable is not { } minAvailable)
        {
            return (pods.Count, 0, false, null);
        }

        if (!minAvailable.IsText)
        {
            return (pods.Count, minAvailable.Int, false, null);
        }

        var (scale, bare, error) = await ScaleAsync(pods, cancellationToken);
        return (scale, minAvailable.Scale(scale, roundUp: true), bare, error);
    }

    /// <summary>The sum of the sizes that the pods' controllers are meant to have.</summary>
    private async ValueTask<(int Expected, bool Unmanaged, Status? Failure)> ScaleAsync(List<Pod> pods, CancellationToken cancellationToken)
    {
        var sizes = new Dictionary<string, int>();
        var unmanaged = false;
        foreach (var pod in pods)
        {
            if (pod.ControllerRef is not { } reference)
            {
                unmanaged = true;
                continue;
            }

            if (sizes.ContainsKey(reference.Uid))
            {
                continue;
            }

            var (uid, size, failure) = await SizeOfAsync(pod.Metadata.Namespace, reference, cancellationToken);
            if (failure is not null)
            {
                return (0, unmanaged, failure);
            }

            if (size is not { } known)
            {
                return (0, unmanaged, ClientStatus.UnreachableBecause($"found no controllers for pod \"{pod.Metadata.Name}\""));
            }

            sizes[uid] = known;
        }

        return (sizes.Values.Sum(), unmanaged, null);
    }

    private async ValueTask<(string Uid, int? Size, Status? Failure)> SizeOfAsync(string ns, OwnerReference reference, CancellationToken cancellationToken)
    {
        switch (reference.Kind)
        {
            case "ReplicaSet" when _replicaSets.Resolve(ns, "ReplicaSet", reference) is { } set:
                return _deployments.Resolve(ns, "Deployment", set.ControllerRef) is { } deployment
                    ? (deployment.Metadata.Uid, deployment.Spec.Replicas ?? 1, null)
                    : (set.Metadata.Uid, set.Spec.Replicas ?? 1, null);
            case "StatefulSet" when _statefulSets.Resolve(ns, "StatefulSet", reference) is { } set:
                return (set.Metadata.Uid, set.Spec.Replicas ?? 1, null);
            case "ReplicationController" when _replicationControllers.Resolve(ns, "ReplicationController", reference) is { } set:
                return (set.Metadata.Uid, set.Spec.Replicas ?? 1, null);
            case "ReplicaSet" or "StatefulSet" or "ReplicationController":
                return (reference.Uid, null, null);
        }

        // Anything else may have a scale of its own: custom resources do.
        var discovered = await Client.DiscoverAsync(cancellationToken);
        var slash = reference.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        var resource = discovered.IsOk ? discovered.Value.Find(slash < 0 ? "" : reference.ApiVersion[..slash], reference.Kind) : null;
        if (resource is null || resource.Subresources.All(static s => s.Name != "scale"))
        {
            return (reference.Uid, null, ClientStatus.UnreachableBecause($"{resource?.GroupResource ?? reference.Kind} does not implement the scale subresource"));
        }

        var answer = await Client.GetScaleAsync(resource, new(ns, reference.Name), cancellationToken);
        if (!answer.IsOk && !answer.IsNotFound)
        {
            return (reference.Uid, null, answer.Error);
        }

        var scale = answer.IsOk ? answer.Value : null;
        return (reference.Uid, scale?.Metadata.Uid == reference.Uid ? scale.Spec.Replicas : null, null);
    }

    private (ApiMap<DateTimeOffset> Disrupted, TimeSpan? Recheck) Disrupted(PodDisruptionBudget budget, List<Pod> pods, DateTimeOffset now)
    {
        var kept = ApiMap<DateTimeOffset>.Empty;
        TimeSpan? recheck = null;
        foreach (var (name, at) in budget.Status.DisruptedPods)
        {
            if (pods.Find(p => p.Metadata.Name == name) is not { } pod || pod.IsBeingDeleted)
            {
                continue;
            }

            var left = at + DeletionPatience - now;
            if (left <= TimeSpan.Zero)
            {
                _events.Warning(pod, "NotDeleted", $"Pod was expected by PDB {budget.Key} to be deleted but it wasn't");
                continue;
            }

            recheck = recheck is null || left < recheck ? left : recheck;
            kept = kept.With(name, at);
        }

        return (kept, recheck);
    }

    /// <summary>What cannot be computed is not allowed.</summary>
    private async ValueTask<ReconcileResult> FailSafeAsync(PodDisruptionBudget budget, Status failure, CancellationToken cancellationToken)
    {
        var status = budget.Status with
        {
            DisruptionsAllowed = 0,

            // The counts are those of the generation that could be worked out last, and so is what was observed.
            Conditions = WithCondition(budget, budget.Status.ObservedGeneration, "False", "SyncFailed", failure.Message),
        };
        if (!status.Equals(budget.Status))
        {
            var written = await Client.UpdateStatusAsync(budget with { Status = status }, cancellationToken);
            if (!written.IsOk && !written.IsNotFound)
            {
                return written.Error;
            }
        }

        return ReconcileResult.Failed(failure);
    }

    private ApiList<Condition> WithCondition(PodDisruptionBudget budget, long observed, string value, string reason, string message)
    {
        var old = budget.Status.Conditions.FirstOrDefault(static c => c.Type == "DisruptionAllowed");
        var condition = new Condition
        {
            Type = "DisruptionAllowed",
            Status = value,
            Reason = reason,
            Message = message,
            ObservedGeneration = observed,
            LastTransitionTime = old?.Status == value ? old.LastTransitionTime : Time.NowSeconds(),
        };
        return old is null ? [.. budget.Status.Conditions, condition] : [.. budget.Status.Conditions.Select(c => c.Type == "DisruptionAllowed" ? condition : c)];
    }

    private void Enqueue(Pod pod, Pod? old)
    {
        foreach (var budget in _budgets.List(pod.Metadata.Namespace))
        {
            var selector = LabelMatcher.From(budget.Spec.Selector);
            if (selector.Matches(pod.Metadata.Labels) || (old is not null && selector.Matches(old.Metadata.Labels)))
            {
                Queue.Add(budget.Key);
            }
        }
    }

    private void EnqueueOwner(ApiObject owner, bool resized)
    {
        if (resized)
        {
            foreach (var budget in _budgets.List(owner.Metadata.Namespace))
            {
                Queue.Add(budget.Key);
            }
        }
    }
}
