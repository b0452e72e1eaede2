using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Revisions;

namespace Orchestrator.Controllers.StatefulSets;

/// <summary>One step of one StatefulSet.</summary>
/// <remarks>
/// 1. settle which revision is current and which is wanted; 2. make the missing pods and repair the others, from the lowest ordinal up;
/// 3. delete surplus pods from the highest down; 4. replace pods of an old revision from the highest down. With OrderedReady each of
/// these stops at the first pod that is not ready; the next event starts the next step. 5. write the status; 6. drop old revisions.
/// </remarks>
internal sealed class StatefulSetStep(
    IClusterClient client, IEventRecorder events, TimeProvider time, IInformer<PersistentVolumeClaim> claims, StatefulSet set, List<Pod> pods, List<ControllerRevision> revisions)
{
    private const string HashLabel = "controller.kubernetes.io/hash";

    private readonly bool _ordered = set.Spec.PodManagementPolicy != "Parallel";
    private readonly DateTimeOffset _now = time.GetUtcNow();
    private ControllerRevision _current = ControllerRevision.Empty;
    private ControllerRevision _wanted = ControllerRevision.Empty;
    private int _collisions = set.Status.CollisionCount ?? 0;
    private int _created;
    private int _createdCurrent;
    private int _createdWanted;
    private int _deletedCurrent;
    private int _deletedWanted;
    private Status? _error;
    private bool _retry;

    public async ValueTask<ReconcileResult> RunAsync(CancellationToken cancellationToken)
    {
        if (!await SettleRevisionsAsync(cancellationToken))
        {
            return _error!;
        }

        if (!set.IsBeingDeleted)
        {
            await ActAsync(cancellationToken);
        }

        // The status tells what was done even when a part of it failed.
        var written = await WriteStatusAsync(cancellationToken);
        if (!written.IsOk && !written.IsNotFound)
        {
            return _error ?? written.Error;
        }

        if (_error is not null)
        {
            return _error;
        }

        await TruncateHistoryAsync(cancellationToken);
        return _error is not null ? _error : _retry ? ReconcileResult.Retry : NextAvailability() is { } after ? ReconcileResult.RevisitAfter(after) : ReconcileResult.Done;
    }

    private async ValueTask<bool> SettleRevisionsAsync(CancellationToken cancellationToken)
    {
        var known = RevisionData.Sorted(revisions);
        var next = known.Count == 0 ? 1 : known[^1].Revision + 1;
        var data = RevisionData.Of(set.Spec.Template);
        var fresh = NewRevision(data, next);
        var equal = known.LastOrDefault(r => RevisionData.Same(r, fresh));
        if (equal is null)
        {
            if (await CreateRevisionAsync(data, next, cancellationToken) is not { } created)
            {
                return false;
            }

            revisions.Add(created);
            _wanted = created;
        }
        else if (ReferenceEquals(equal, known[^1]))
        {
            _wanted = equal;
        }
        else
        {
            // Back to an earlier template: its revision becomes the latest.
            var raised = await client.UpdateAsync(equal with { Revision = next }, cancellationToken);
            if (!raised.IsOk)
            {
                _error = raised.Error;
                return false;
            }

            revisions[revisions.IndexOf(equal)] = raised.Value;
            _wanted = raised.Value;
        }

        _current = revisions.Find(r => r.Metadata.Name == set.Status.CurrentRevision) ?? _wanted;
        return true;
    }

    private ControllerRevision NewRevision(RawJson data, long number)
    {
        var hash = RevisionData.Hash(data, _collisions);
        return new()
        {
            Metadata = new()
            {
                Namespace = set.Metadata.Namespace,
                Name = $"{set.Metadata.Name}-{hash}",
                Labels = set.Spec.Template.Metadata.Labels.With(HashLabel, hash),
                Annotations = set.Metadata.Annotations,
                OwnerReferences = [set.ToControllerRef()],
            },
            Data = data,
            Revision = number,
        };
    }

    private async ValueTask<ControllerRevision?> CreateRevisionAsync(RawJson data, long number, CancellationToken cancellationToken)
    {
        while (true)
        {
            var revision = NewRevision(data, number);
            var created = await client.CreateAsync(revision, cancellationToken);
            if (created.IsOk)
            {
                return created.Value;
            }

            if (!created.IsAlreadyExists)
            {
                _error = created.Error;
                return null;
            }

            var existing = await client.GetAsync<ControllerRevision>(revision.Key, cancellationToken);
            if (existing.IsOk && RevisionData.Same(existing.Value, revision))
            {
                return existing.Value;
            }

            _collisions++;
        }
    }

    private async ValueTask ActAsync(CancellationToken cancellationToken)
    {
        var start = StatefulPods.Start(set);
        var replicas = new Pod?[StatefulPods.Replicas(set)];
        var condemned = new List<(int Ordinal, Pod Pod)>();
        foreach (var pod in pods)
        {
            var ordinal = StatefulPods.Ordinal(set, pod);
            if (StatefulPods.Contains(set, ordinal))
            {
                replicas[ordinal - start] = pod;
            }
            else if (ordinal >= 0)
            {
                condemned.Add((ordinal, pod));
            }
        }

        condemned.Sort(static (x, y) => y.Ordinal.CompareTo(x.Ordinal));
        if (await FillAsync(replicas, start, cancellationToken) && await ShrinkAsync(condemned, replicas, cancellationToken))
        {
            await RollAsync(replicas, cancellationToken);
        }
    }

    /// <returns>Whether the step may go on.</returns>
    private async ValueTask<bool> FillAsync(Pod?[] replicas, int start, CancellationToken cancellationToken)
    {
        if (!_ordered)
        {
            var (_, failed) = await SlowStart.RunAsync(replicas.Length, async i =>
            {
                var (_, error) = await TendAsync(replicas, i, start + i, cancellationToken);
                return error;
            });
            _error ??= failed;
            return failed is null;
        }

        for (var i = 0; i < replicas.Length; i++)
        {
            var (goOn, error) = await TendAsync(replicas, i, start + i, cancellationToken);
            if (error is not null || !goOn)
            {
                _error ??= error;
                return false;
            }
        }

        return true;
    }

    /// <summary>Makes, replaces or repairs the pod of one ordinal.</summary>
    private async ValueTask<(bool GoOn, Status? Error)> TendAsync(Pod?[] replicas, int index, int ordinal, CancellationToken cancellationToken)
    {
        if (replicas[index] is not { } pod)
        {
            var made = NewPod(ordinal);
            if (HasLeftover(made, ordinal))
            {
                // It goes with the former pod of this name; a new pod must not have it.
                _retry = true;
                return (!_ordered, null);
            }

            var error = await CreatePodAsync(made, ordinal, cancellationToken);
            return (error is null && !_ordered, error);
        }

        if (pod.IsTerminal)
        {
            // Its successor is made when it is gone.
            var refused = pod.IsBeingDeleted ? null : await DeletePodAsync(pod, cancellationToken);
            return (refused is null && !_ordered, refused);
        }

        if (_ordered && (pod.IsBeingDeleted || !StatefulPods.IsRunningAndReady(pod) || !pod.IsAvailable(set.Spec.MinReadySeconds, _now)))
        {
            // Only the claims of a waiting pod may be missing, and then it waits for ever.
            return (false, pod.Status.Phase == "Pending" && !pod.IsBeingDeleted ? await EnsureClaimsAsync(pod, ordinal, condemned: false, cancellationToken) : null);
        }

        if (pod.IsBeingDeleted)
        {
            return (true, null);
        }

        if (await EnsureClaimsAsync(pod, ordinal, condemned: false, cancellationToken) is { } claimError)
        {
            return (false, claimError);
        }

        if (!StatefulPods.IdentityMatches(set, pod, ordinal))
        {
            var updated = await client.UpdateAsync(StatefulPods.WithIdentity(set, pod, ordinal), cancellationToken);
            if (!updated.IsOk)
            {
                events.Warning(set, "FailedUpdate", $"Update Pod {pod.Metadata.Name} in StatefulSet {set.Metadata.Name} failed error: {updated.Error.Message}");
                return (false, updated.Error);
            }

            events.Normal(set, "SuccessfulUpdate", $"Update Pod {pod.Metadata.Name} in StatefulSet {set.Metadata.Name} successful");
        }

        return (true, null);
    }

    /// <summary>Whether a claim of the pod belongs to its predecessor, with which it is about to go.</summary>
    private bool HasLeftover(Pod pod, int ordinal) => set.Spec.PersistentVolumeClaimRetentionPolicy?.WhenScaled == "Delete"
        && StatefulPods.Claims(set, ordinal).Any(c => claims.TryGet(c.Claim.Key, out var claim)
            && claim.Metadata.OwnerReferences.Any(o => o is { ApiVersion: "v1", Kind: "Pod" } && o.Name == pod.Metadata.Name));

    private Pod NewPod(int ordinal)
    {
        var strategy = set.Spec.UpdateStrategy;
        var start = StatefulPods.Start(set);
        var keepsCurrent = strategy.Type == "RollingUpdate"
            && (strategy.RollingUpdate is { } rolling
                ? ordinal < start + (rolling.Partition ?? 0)
                : ordinal < start + set.Status.CurrentReplicas);
        var revision = keepsCurrent ? _current : _wanted;
        var template = keepsCurrent ? RevisionData.Template(_current) ?? set.Spec.Template : set.Spec.Template;
        return StatefulPods.New(set, template, ordinal, revision.Metadata.Name);
    }

    private async ValueTask<Status?> CreatePodAsync(Pod pod, int ordinal, CancellationToken cancellationToken)
    {
        if (await EnsureClaimsAsync(pod, ordinal, condemned: false, cancellationToken, isNew: true) is { } claimError)
        {
            events.Warning(set, "FailedCreate", $"Create Pod {pod.Metadata.Name} in StatefulSet {set.Metadata.Name} failed error: {claimError.Message}");
            return claimError;
        }

        var created = await client.CreateAsync(pod, cancellationToken);
        if (created.IsOk)
        {
            events.Normal(set, "SuccessfulCreate", $"Create Pod {pod.Metadata.Name} in StatefulSet {set.Metadata.Name} successful");
            Interlocked.Increment(ref _created);
            if (StatefulPods.RevisionOf(pod) == _current.Metadata.Name)
            {
                Interlocked.Increment(ref _createdCurrent);
            }

            if (StatefulPods.RevisionOf(pod) == _wanted.Metadata.Name)
            {
                Interlocked.Increment(ref _createdWanted);
            }

            return null;
        }

        if (!created.IsAlreadyExists && !created.IsNamespaceTerminating)
        {
            events.Warning(set, "FailedCreate", $"Create Pod {pod.Metadata.Name} in StatefulSet {set.Metadata.Name} failed error: {created.Error.Message}");
        }

        return created.Error;
    }

    private async ValueTask<Status?> DeletePodAsync(Pod pod, CancellationToken cancellationToken)
    {
        var deleted = await client.DeleteAsync(ResourcePath.Of<Pod>(pod.Key), null, cancellationToken);
        if (deleted.IsOk)
        {
            events.Normal(set, "SuccessfulDelete", $"Delete Pod {pod.Metadata.Name} in StatefulSet {set.Metadata.Name} successful");
            if (!pod.IsBeingDeleted)
            {
                if (StatefulPods.RevisionOf(pod) == _current.Metadata.Name)
                {
                    Interlocked.Increment(ref _deletedCurrent);
                }

                if (StatefulPods.RevisionOf(pod) == _wanted.Metadata.Name)
                {
                    Interlocked.Increment(ref _deletedWanted);
                }
            }

            return null;
        }

        if (deleted.IsNotFound)
        {
            return null;
        }

        events.Warning(set, "FailedDelete", $"Delete Pod {pod.Metadata.Name} in StatefulSet {set.Metadata.Name} failed error: {deleted.Error.Message}");
        return deleted.Error;
    }

    /// <summary>Creates the pod's missing claims, and sets the owners of those that are there.</summary>
    private async ValueTask<Status?> EnsureClaimsAsync(Pod pod, int ordinal, bool condemned, CancellationToken cancellationToken, bool isNew = false)
    {
        var faults = new List<string>();
        foreach (var (_, claim) in StatefulPods.Claims(set, ordinal))
        {
            if (!claims.TryGet(claim.Key, out var existing))
            {
                if (condemned)
                {
                    continue;
                }

                var wanted = claim with { Metadata = claim.Metadata with { OwnerReferences = ClaimRetention.Owners(set, pod, claim, condemned: false) } };
                var created = await client.CreateAsync(wanted, cancellationToken);
                if (created.IsOk)
                {
                    events.Normal(set, "SuccessfulCreate", $"Create Claim {claim.Metadata.Name} Pod {pod.Metadata.Name} in StatefulSet {set.Metadata.Name} success");
                }
                else if (!created.IsAlreadyExists)
                {
                    events.Warning(
                        set, "FailedCreate", $"Create Claim {claim.Metadata.Name} for Pod {pod.Metadata.Name} in StatefulSet {set.Metadata.Name} failed error: {created.Error.Message}");
                    faults.Add($"failed to create PVC {claim.Metadata.Name}: {created.Error.Message}");
                }

                continue;
            }

            if (isNew && existing.IsBeingDeleted)
            {
                faults.Add($"pvc {claim.Metadata.Name} is being deleted");
            }

            var owners = ClaimRetention.Owners(set, pod, existing, condemned);
            if (!ReferenceEquals(owners, existing.Metadata.OwnerReferences) && !existing.IsBeingDeleted)
            {
                var updated = await client.UpdateAsync(existing with { Metadata = existing.Metadata with { OwnerReferences = owners } }, cancellationToken);
                if (!updated.IsOk && !updated.IsNotFound)
                {
                    return updated.Error;
                }
            }
        }

        return faults.Count == 0 ? null : ClientStatus.UnreachableBecause(faults.Count == 1 ? faults[0] : $"[{string.Join(", ", faults)}]");
    }

    private async ValueTask<bool> ShrinkAsync(List<(int Ordinal, Pod Pod)> condemned, Pod?[] replicas, CancellationToken cancellationToken)
    {
        bool IsUnavailable(Pod pod) => pod.IsBeingDeleted || !StatefulPods.IsRunningAndReady(pod) || !pod.IsAvailable(set.Spec.MinReadySeconds, _now);
        var firstUnhealthy = replicas.FirstOrDefault(p => p is not null && IsUnavailable(p))
            ?? condemned.OrderBy(static c => c.Ordinal).Select(static c => c.Pod).FirstOrDefault(IsUnavailable);
        foreach (var (ordinal, pod) in condemned)
        {
            // All of them first: a claim must not outlive its pod because its turn came late.
            if (await EnsureClaimsAsync(pod, ordinal, condemned: true, cancellationToken) is { } claimError)
            {
                _error ??= claimError;
                return false;
            }
        }

        foreach (var (_, pod) in condemned)
        {
            if (pod.IsBeingDeleted)
            {
                if (_ordered)
                {
                    return false;
                }

                continue;
            }

            // An unhealthy pod below is waited for, unless this is the unhealthy one.
            if (_ordered && pod != firstUnhealthy && (!StatefulPods.IsRunningAndReady(pod) || !pod.IsAvailable(set.Spec.MinReadySeconds, _now)))
            {
                return false;
            }

            if (await DeletePodAsync(pod, cancellationToken) is { } error)
            {
                _error ??= error;
                return false;
            }

            if (_ordered)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>From the highest ordinal down: deletes the first pod of an old revision, unless one above it is still on its way.</summary>
    private async ValueTask RollAsync(Pod?[] replicas, CancellationToken cancellationToken)
    {
        if (set.Spec.UpdateStrategy.Type == "OnDelete")
        {
            return;
        }

        // The partition counts from the first ordinal, wherever that is.
        var lowest = Math.Max(0, set.Spec.UpdateStrategy.RollingUpdate?.Partition ?? 0);
        for (var i = replicas.Length - 1; i >= lowest; i--)
        {
            // A pod that the step just made is not available yet either.
            if (replicas[i] is not { } pod)
            {
                return;
            }

            if (StatefulPods.RevisionOf(pod) != _wanted.Metadata.Name && !pod.IsBeingDeleted)
            {
                _error ??= await DeletePodAsync(pod, cancellationToken);
                return;
            }

            if (pod.IsBeingDeleted || !StatefulPods.IsRunningAndReady(pod) || !pod.IsAvailable(set.Spec.MinReadySeconds, _now))
            {
                return;
            }
        }
    }

    private async ValueTask<ApiResult<StatefulSet>> WriteStatusAsync(CancellationToken cancellationToken)
    {
        var (replicas, ready, available, current, wanted) = (_created, 0, 0, _createdCurrent - _deletedCurrent, _createdWanted - _deletedWanted);
        foreach (var pod in pods)
        {
            replicas += StatefulPods.IsCreated(pod) ? 1 : 0;
            if (StatefulPods.IsRunningAndReady(pod))
            {
                ready++;
                available += pod.IsAvailable(set.Spec.MinReadySeconds, _now) ? 1 : 0;
            }

            if (StatefulPods.IsCreated(pod) && !pod.IsBeingDeleted)
            {
                current += StatefulPods.RevisionOf(pod) == _current.Metadata.Name ? 1 : 0;
                wanted += StatefulPods.RevisionOf(pod) == _wanted.Metadata.Name ? 1 : 0;
            }
        }

        var status = set.Status with
        {
            ObservedGeneration = set.Metadata.Generation,
            Replicas = replicas,
            ReadyReplicas = ready,
            AvailableReplicas = available,
            CurrentReplicas = current,
            UpdatedReplicas = wanted,
            CurrentRevision = _current.Metadata.Name,
            UpdateRevision = _wanted.Metadata.Name,
            CollisionCount = _collisions,
        };
        var all = StatefulPods.Replicas(set);
        if (set.Spec.UpdateStrategy.Type == "RollingUpdate" && wanted == all && ready == all && replicas == all)
        {
            // The rollout is complete: what was wanted is current.
            status = status with { CurrentReplicas = wanted, CurrentRevision = status.UpdateRevision };
        }

        if (status.Equals(set.Status))
        {
            return set;
        }

        return await client.UpdateStatusAsync(set with { Status = status }, cancellationToken);
    }

    private async ValueTask TruncateHistoryAsync(CancellationToken cancellationToken)
    {
        var live = pods.Select(StatefulPods.RevisionOf).Append(_current.Metadata.Name).Append(_wanted.Metadata.Name).ToHashSet();
        var old = RevisionData.Sorted(revisions.Where(r => !live.Contains(r.Metadata.Name)));
        foreach (var revision in old.Take(Math.Max(0, old.Count - (set.Spec.RevisionHistoryLimit ?? 10))))
        {
            var deleted = await client.DeleteAsync(ResourcePath.Of<ControllerRevision>(revision.Key), null, cancellationToken);
            if (!deleted.IsOk && !deleted.IsNotFound)
            {
                _error ??= deleted.Error;
                return;
            }
        }
    }

    private TimeSpan? NextAvailability()
    {
        if (set.Spec.MinReadySeconds == 0)
        {
            return null;
        }

        TimeSpan? next = null;
        foreach (var pod in pods)
        {
            if (pod.FindCondition("Ready") is { Status: "True", LastTransitionTime: { } since }
                && since + TimeSpan.FromSeconds(set.Spec.MinReadySeconds) - _now is var left && left > TimeSpan.Zero && (next is null || left < next))
            {
                next = left;
            }
        }

        return next;
    }
}
