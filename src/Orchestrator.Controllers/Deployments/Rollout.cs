using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Deployments;

/// <summary>One step of one Deployment: it scales a ReplicaSet or two, then writes what it sees. The next event starts the next step.</summary>
internal sealed class Rollout(
    IClusterClient client, IEventRecorder events, TimeProvider time, Deployment deployment, List<ReplicaSet> sets, Func<IReadOnlyList<ReplicaSet>, bool> oldPodsRun)
{
    private const string HashLabel = "pod-template-hash";

    private readonly DateTimeOffset _now = time.NowSeconds();
    private Deployment _deployment = deployment;
    private ReplicaSet? _newest;
    private List<ReplicaSet> _old = [];

    // The first refusal met; the step ends with it.
    private Status? _error;

    private IEnumerable<ReplicaSet> All => _newest is null ? _old : _old.Append(_newest);

    public async ValueTask<ReconcileResult> StepAsync(CancellationToken cancellationToken)
    {
        if (_deployment.IsBeingDeleted)
        {
            await FindSetsAsync(create: false, cancellationToken);
            return await WriteStatusAsync(DeploymentStatusCalculator.Counts, cancellationToken);
        }

        await NotePauseAsync(cancellationToken);
        if (_error is null && _deployment.Spec.Paused)
        {
            return await ScaleOnlyAsync(cancellationToken);
        }

        if (_error is null && DeploymentAnnotations.Number(_deployment, DeploymentAnnotations.RollbackTo) is { } revision)
        {
            await RollBackAsync(revision, cancellationToken);
            return _error is not null ? _error : ReconcileResult.Done;
        }

        if (_error is null && await IsScalingAsync(cancellationToken))
        {
            return await ScaleOnlyAsync(cancellationToken);
        }

        if (_error is null)
        {
            if (RolloutMath.IsRolling(_deployment))
            {
                await RollAsync(cancellationToken);
            }
            else
            {
                await RecreateAsync(cancellationToken);
            }
        }

        return _error is not null ? _error : await WriteStatusAsync(DeploymentStatusCalculator.Rollout, cancellationToken);
    }

    /// <summary>A condition tells of pausing and resuming, so that the deadline does not run while paused.</summary>
    private async ValueTask NotePauseAsync(CancellationToken cancellationToken)
    {
        var condition = _deployment.Status.Find(DeploymentConditions.Progressing);
        if (!DeploymentStatusCalculator.HasDeadline(_deployment) || condition?.Reason == DeploymentConditions.ProgressDeadlineExceeded)
        {
            return;
        }

        var noted = condition?.Reason == DeploymentConditions.Paused;
        if (_deployment.Spec.Paused && !noted)
        {
            await SaveAsync(_deployment.Status.With(DeploymentConditions.New(
                DeploymentConditions.Progressing, "Unknown", DeploymentConditions.Paused, "Deployment is paused", _now)), cancellationToken);
        }
        else if (!_deployment.Spec.Paused && noted)
        {
            await SaveAsync(_deployment.Status.With(DeploymentConditions.New(
                DeploymentConditions.Progressing, "Unknown", DeploymentConditions.Resumed, "Deployment is resumed", _now)), cancellationToken);
        }
    }

    /// <summary>Takes the template of an earlier revision (0: of the last but one) back, as the annotation that old clients leave asks.</summary>
    private async ValueTask RollBackAsync(long revision, CancellationToken cancellationToken)
    {
        await FindSetsAsync(create: true, cancellationToken);
        if (_error is not null)
        {
            return;
        }

        var last = revision == 0;
        if (last)
        {
            revision = All.Select(DeploymentAnnotations.RevisionOf).OrderDescending().Skip(1).FirstOrDefault();
        }

        var spec = _deployment.Spec;
        var annotations = _deployment.Metadata.Annotations.Without(DeploymentAnnotations.RollbackTo);
        var found = revision == 0 ? null : All.FirstOrDefault(s => DeploymentAnnotations.RevisionOf(s) == revision);
        var taken = found is not null && !WithoutHash(found.Spec.Template).Equals(WithoutHash(spec.Template));
        if (found is null)
        {
            var what = last ? "Unable to find last revision." : "Unable to find the revision to rollback to.";
            events.Warning(_deployment, "DeploymentRollbackRevisionNotFound", what);
        }
        else if (taken)
        {
            spec = spec with { Template = WithoutHash(found.Spec.Template) };
            annotations = DeploymentAnnotations.Restored(annotations, found);
        }
        else
        {
            events.Warning(
                _deployment, "DeploymentRollbackTemplateUnchanged", $"The rollback revision contains the same template as current deployment \"{_deployment.Metadata.Name}\"");
        }

        var updated = await client.UpdateAsync(
            _deployment with { Metadata = _deployment.Metadata with { Annotations = annotations }, Spec = spec }, cancellationToken);
        if (!updated.IsOk)
        {
            _error ??= updated.Error;
        }
        else if (taken)
        {
            events.Normal(_deployment, "DeploymentRollback", $"Rolled back deployment \"{_deployment.Metadata.Name}\" to revision {revision}");
        }
    }

    /// <summary>Whether the Deployment's size was changed since its active ReplicaSets were scaled.</summary>
    private async ValueTask<bool> IsScalingAsync(CancellationToken cancellationToken)
    {
        await FindSetsAsync(create: false, cancellationToken);
        return _error is null && All.Any(s => RolloutMath.Replicas(s) > 0
            && DeploymentAnnotations.Number(s, DeploymentAnnotations.DesiredReplicas) is { } desired
            && desired != RolloutMath.Replicas(_deployment));
    }

    private async ValueTask<ReconcileResult> ScaleOnlyAsync(CancellationToken cancellationToken)
    {
        await FindSetsAsync(create: false, cancellationToken);
        if (_error is null)
        {
            await ScaleAsync(cancellationToken);
        }

        if (_error is null && _deployment.Spec.Paused)
        {
            await CleanUpAsync(cancellationToken);
        }

        return _error is not null ? _error : await WriteStatusAsync(DeploymentStatusCalculator.Counts, cancellationToken);
    }

    private async ValueTask ScaleAsync(CancellationToken cancellationToken)
    {
        var desired = RolloutMath.Replicas(_deployment);
        var active = All.Where(static s => RolloutMath.Replicas(s) > 0).ToList();
        if (active.Count <= 1)
        {
            // One active ReplicaSet, or none: then the newest (or the newest of the old) takes the whole change.
            var only = active.Count == 1 ? active[0] : _newest ?? _old.OrderBy(static s => s, CreationOrder).LastOrDefault();
            if (only is not null && RolloutMath.Replicas(only) != desired)
            {
                await ScaleSetAsync(only, desired, cancellationToken);
            }

            return;
        }

        if (IsSaturated())
        {
            foreach (var set in _old.Where(static s => RolloutMath.Replicas(s) > 0).ToList())
            {
                await ScaleSetAsync(set, 0, cancellationToken);
            }

            return;
        }

        if (RolloutMath.IsRolling(_deployment))
        {
            foreach (var (set, size) in RolloutMath.Proportional(_deployment, active))
            {
                await ScaleSetAsync(set, size, cancellationToken);
            }
        }
    }

    /// <summary>The newest ReplicaSet alone has all the pods that are wanted, and they are available.</summary>
    private bool IsSaturated() => _newest is not null
        && RolloutMath.Replicas(_newest) == RolloutMath.Replicas(_deployment)
        && DeploymentAnnotations.Number(_newest, DeploymentAnnotations.DesiredReplicas) == RolloutMath.Replicas(_deployment)
        && _newest.Status.AvailableReplicas == RolloutMath.Replicas(_deployment);

    private async ValueTask RollAsync(CancellationToken cancellationToken)
    {
        await FindSetsAsync(create: true, cancellationToken);
        if (_error is not null || await GrowNewestAsync(cancellationToken) || await ShrinkOldAsync(cancellationToken) || _error is not null)
        {
            return;
        }

        if (DeploymentStatusCalculator.IsComplete(_deployment, _deployment.Status))
        {
            await CleanUpAsync(cancellationToken);
        }
    }

    private async ValueTask<bool> GrowNewestAsync(CancellationToken cancellationToken)
    {
        var newest = _newest!;
        var (size, desired) = (RolloutMath.Replicas(newest), RolloutMath.Replicas(_deployment));
        if (size == desired)
        {
            return false;
        }

        // What may not grow now keeps its annotations too: they tell of the sizes that it was last scaled for.
        var allowed = size > desired ? desired : RolloutMath.NewestSize(_deployment, All, size);
        return size != allowed && await ScaleSetAsync(newest, allowed, cancellationToken);
    }

    private async ValueTask<bool> ShrinkOldAsync(CancellationToken cancellationToken)
    {
        var oldActive = _old.Where(static s => RolloutMath.Replicas(s) > 0).OrderBy(static s => s, CreationOrder).ToList();
        if (oldActive.Count == 0)
        {
            return false;
        }

        // 1. What may go in all: everything above the minimum that is not held back by new pods that are not available yet.
        var newest = _newest!;
        var minAvailable = RolloutMath.Replicas(_deployment) - RolloutMath.MaxUnavailable(_deployment);
        var newestUnavailable = RolloutMath.Replicas(newest) - newest.Status.AvailableReplicas;
        var maxDown = RolloutMath.TotalReplicas(All) - minAvailable - newestUnavailable;
        if (maxDown <= 0)
        {
            return false;
        }

        // 2. Old pods that are not available go first: they serve nobody.
        var unhealthy = 0;
        for (var i = 0; i < oldActive.Count && unhealthy < maxDown; i++)
        {
            var (size, available) = (RolloutMath.Replicas(oldActive[i]), RolloutMath.Available(oldActive[i]));
            if (size <= available)
            {
                continue;
            }

            var count = Math.Min(maxDown - unhealthy, size - available);
            if (await ScaleSetAsync(oldActive[i], size - count, cancellationToken))
            {
                unhealthy += count;
                oldActive[i] = _old.Find(s => s.Metadata.Uid == oldActive[i].Metadata.Uid)!;
            }

            if (_error is not null)
            {
                return true;
            }
        }

        // 3. Then available ones, as many as the minimum allows.
        var spare = All.Sum(RolloutMath.Available) - minAvailable;
        var down = 0;
        foreach (var set in oldActive)
        {
            var size = RolloutMath.Replicas(set);
            if (down >= spare)
            {
                break;
            }

            if (size == 0)
            {
                continue;
            }

            var count = Math.Min(size, spare - down);
            if (await ScaleSetAsync(set, size - count, cancellationToken))
            {
                down += count;
            }

            if (_error is not null)
            {
                return true;
            }
        }

        return unhealthy + down > 0;
    }

    private async ValueTask RecreateAsync(CancellationToken cancellationToken)
    {
        await FindSetsAsync(create: false, cancellationToken);
        var scaled = false;
        foreach (var set in _old.Where(static s => RolloutMath.Replicas(s) > 0).ToList())
        {
            scaled |= await ScaleSetAsync(set, 0, cancellationToken);
        }

        if (scaled || _error is not null || oldPodsRun(_old))
        {
            return;
        }

        if (_newest is null)
        {
            await FindSetsAsync(create: true, cancellationToken);
        }

        if (_error is null && _newest is { } newest && RolloutMath.Replicas(newest) != RolloutMath.Replicas(_deployment))
        {
            await ScaleSetAsync(newest, RolloutMath.Replicas(_deployment), cancellationToken);
        }

        if (_error is null && DeploymentStatusCalculator.IsComplete(_deployment, _deployment.Status))
        {
            await CleanUpAsync(cancellationToken);
        }
    }

    /// <summary>Deletes the oldest of the old ReplicaSets that the history limit has no place for.</summary>
    private async ValueTask CleanUpAsync(CancellationToken cancellationToken)
    {
        if (_deployment.Spec.RevisionHistoryLimit is not { } limit || limit == int.MaxValue)
        {
            return;
        }

        var alive = _old.Where(static s => !s.IsBeingDeleted).OrderBy(DeploymentAnnotations.RevisionOf).ThenBy(static s => s, CreationOrder).ToList();
        foreach (var set in alive.Take(Math.Max(0, alive.Count - limit)))
        {
            if (set.Status.Replicas != 0 || RolloutMath.Replicas(set) != 0 || set.Metadata.Generation > set.Status.ObservedGeneration)
            {
                continue;
            }

            var deleted = await client.DeleteAsync(ResourcePath.Of<ReplicaSet>(set.Key), null, cancellationToken);
            if (!deleted.IsOk && !deleted.IsNotFound)
            {
                _error ??= deleted.Error;
                return;
            }
        }
    }

    /// <summary>Finds the ReplicaSet of the present template, and the others; makes it if wanted; keeps revisions right.</summary>
    private async ValueTask FindSetsAsync(bool create, CancellationToken cancellationToken)
    {
        var template = WithoutHash(_deployment.Spec.Template);
        _newest = sets.Where(s => WithoutHash(s.Spec.Template).Equals(template)).OrderBy(static s => s, CreationOrder).FirstOrDefault();
        _old = [.. sets.Where(s => s.Metadata.Uid != _newest?.Metadata.Uid)];
        var revision = _old.Select(DeploymentAnnotations.RevisionOf).DefaultIfEmpty(0).Max() + 1;
        if (_newest is not null)
        {
            await RefreshNewestAsync(_newest, revision, cancellationToken);
        }
        else if (create)
        {
            await CreateNewestAsync(revision, cancellationToken);
        }
    }

    private async ValueTask RefreshNewestAsync(ReplicaSet newest, long revision, CancellationToken cancellationToken)
    {
        var annotations = DeploymentAnnotations.ForNewest(_deployment, newest.Metadata.Annotations, revision);
        if (!annotations.Equals(newest.Metadata.Annotations) || newest.Spec.MinReadySeconds != _deployment.Spec.MinReadySeconds)
        {
            var updated = await client.UpdateAsync(
                newest with
                {
                    Metadata = newest.Metadata with { Annotations = annotations },
                    Spec = newest.Spec with { MinReadySeconds = _deployment.Spec.MinReadySeconds },
                },
                cancellationToken);
            if (!updated.IsOk)
            {
                _error ??= updated.Error;
                return;
            }

            Replace(updated.Value);
        }

        var status = _deployment.Status;
        if (DeploymentStatusCalculator.HasDeadline(_deployment) && status.Find(DeploymentConditions.Progressing) is null)
        {
            status = status.With(DeploymentConditions.New(
                DeploymentConditions.Progressing, "True", "FoundNewReplicaSet", $"Found new replica set \"{newest.Metadata.Name}\"", _now));
        }

        await SaveAsync(status, cancellationToken, _newest!.Metadata.Annotations.GetValueOrDefault(DeploymentAnnotations.Revision));
    }

    private async ValueTask CreateNewestAsync(long revision, CancellationToken cancellationToken)
    {
        var template = _deployment.Spec.Template;
        var hash = PodTemplateHash.Of(template, _deployment.Status.CollisionCount);
        var labels = template.Metadata.Labels.With(HashLabel, hash);
        var selector = _deployment.Spec.Selector ?? LabelSelector.Empty;
        var size = RolloutMath.NewestSize(_deployment, _old, 0);
        var set = new ReplicaSet
        {
            Metadata = new()
            {
                Namespace = _deployment.Metadata.Namespace,
                Name = _deployment.Metadata.Name + "-" + hash,
                Labels = labels,
                Annotations = DeploymentAnnotations.WithSizes(
                    DeploymentAnnotations.ForNewest(_deployment, ApiMap<string>.Empty, revision),
                    RolloutMath.Replicas(_deployment),
                    RolloutMath.Replicas(_deployment) + RolloutMath.MaxSurge(_deployment)),
                OwnerReferences = [_deployment.ToControllerRef()],
            },
            Spec = new()
            {
                Replicas = size,
                MinReadySeconds = _deployment.Spec.MinReadySeconds,
                Selector = selector with { MatchLabels = selector.MatchLabels.With(HashLabel, hash) },
                Template = template with { Metadata = template.Metadata with { Labels = labels } },
            },
        };
        var created = await client.CreateAsync(set, cancellationToken);
        var existed = created.IsAlreadyExists;
        if (existed)
        {
            created = await client.GetAsync<ReplicaSet>(set.Key, cancellationToken);
            if (created.IsOk && (!created.Value.IsControlledBy(_deployment) || !WithoutHash(created.Value.Spec.Template).Equals(WithoutHash(template))))
            {
                // Another template has the same hash: count the collision, and the next try has another name.
                var counted = await client.UpdateStatusAsync(
                    _deployment with { Status = _deployment.Status with { CollisionCount = (_deployment.Status.CollisionCount ?? 0) + 1 } }, cancellationToken);
                _error ??= counted.Error ?? ClientStatus.UnreachableBecause($"the name {set.Metadata.Name} is taken by another ReplicaSet");
                return;
            }
        }

        if (!created.IsOk)
        {
            await ReportFailedCreationAsync(set.Metadata.Name, created, cancellationToken);
            return;
        }

        sets.Add(created.Value);
        _newest = created.Value;
        var status = _deployment.Status;
        if (!existed)
        {
            if (size > 0)
            {
                events.Normal(_deployment, "ScalingReplicaSet", $"Scaled up replica set {set.Metadata.Name} from 0 to {size}");
            }

            if (DeploymentStatusCalculator.HasDeadline(_deployment))
            {
                status = status.With(DeploymentConditions.New(
                    DeploymentConditions.Progressing, "True", "NewReplicaSetCreated", $"Created new replica set \"{set.Metadata.Name}\"", _now));
            }
        }

        await SaveAsync(status, cancellationToken, revision.ToString(CultureInfo.InvariantCulture));
    }

    private async ValueTask ReportFailedCreationAsync(string name, ApiResult<ReplicaSet> refused, CancellationToken cancellationToken)
    {
        if (!refused.IsNamespaceTerminating)
        {
            var message = $"Failed to create new replica set \"{name}\": {refused.Error!.Message}";
            if (DeploymentStatusCalculator.HasDeadline(_deployment))
            {
                await SaveAsync(_deployment.Status.With(DeploymentConditions.New(
                    DeploymentConditions.Progressing, "False", "ReplicaSetCreateError", message, _now)), cancellationToken);
            }

            events.Warning(_deployment, "ReplicaSetCreateError", message);
        }

        _error ??= refused.Error;
    }

    /// <summary>Gives a ReplicaSet a size, and the annotations that say for which size of the Deployment.</summary>
    /// <returns>Whether the size changed.</returns>
    private async ValueTask<bool> ScaleSetAsync(ReplicaSet set, int size, CancellationToken cancellationToken)
    {
        var desired = RolloutMath.Replicas(_deployment);
        var before = RolloutMath.Replicas(set);
        var annotations = DeploymentAnnotations.WithSizes(set.Metadata.Annotations, desired, desired + RolloutMath.MaxSurge(_deployment));
        if (before == size && annotations.Equals(set.Metadata.Annotations))
        {
            return false;
        }

        var updated = await client.UpdateAsync(
            set with { Metadata = set.Metadata with { Annotations = annotations }, Spec = set.Spec with { Replicas = size } }, cancellationToken);
        if (!updated.IsOk)
        {
            _error ??= updated.Error;
            return false;
        }

        Replace(updated.Value);
        if (before == size)
        {
            return false;
        }

        events.Normal(_deployment, "ScalingReplicaSet", $"Scaled {(size > before ? "up" : "down")} replica set {set.Metadata.Name} from {before} to {size}");
        return true;
    }

    private void Replace(ReplicaSet updated)
    {
        sets[sets.FindIndex(s => s.Metadata.Uid == updated.Metadata.Uid)] = updated;
        if (_newest?.Metadata.Uid == updated.Metadata.Uid)
        {
            _newest = updated;
            return;
        }

        _old[_old.FindIndex(s => s.Metadata.Uid == updated.Metadata.Uid)] = updated;
    }

    private async ValueTask<ReconcileResult> WriteStatusAsync(
        Func<Deployment, IReadOnlyList<ReplicaSet>, ReplicaSet?, DateTimeOffset, DeploymentStatus> calculate, CancellationToken cancellationToken)
    {
        if (_error is not null)
        {
            return _error;
        }

        var status = calculate(_deployment, All.ToList(), _newest, _now);
        await SaveAsync(status, cancellationToken);
        return _error is { } error ? error
            : DeploymentStatusCalculator.StuckCheck(_deployment, status, time.GetUtcNow()) is { } after && !_deployment.Spec.Paused ? ReconcileResult.RevisitAfter(after)
            : ReconcileResult.Done;
    }

    /// <summary>Writes status and revision, if they changed.</summary>
    private async ValueTask SaveAsync(DeploymentStatus status, CancellationToken cancellationToken, string? revision = null)
    {
        var annotations = _deployment.Metadata.Annotations;
        if (revision is not null && annotations.GetValueOrDefault(DeploymentAnnotations.Revision) != revision)
        {
            annotations = annotations.With(DeploymentAnnotations.Revision, revision);
        }

        if (status.Equals(_deployment.Status) && ReferenceEquals(annotations, _deployment.Metadata.Annotations))
        {
            return;
        }

        var written = await client.UpdateStatusAsync(
            _deployment with { Metadata = _deployment.Metadata with { Annotations = annotations }, Status = status }, cancellationToken);
        if (written.IsOk)
        {
            _deployment = written.Value;
        }
        else
        {
            _error ??= written.Error;
        }
    }

    private static readonly IComparer<ReplicaSet> CreationOrder = Comparer<ReplicaSet>.Create(RolloutMath.CompareCreation);

    private static PodTemplateSpec WithoutHash(PodTemplateSpec template) => template.Metadata.Labels.ContainsKey(HashLabel)
        ? template with { Metadata = template.Metadata with { Labels = template.Metadata.Labels.Without(HashLabel) } }
        : template;
}
