using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Jobs;

/// <summary>One step of one Job.</summary>
/// <remarks>
/// Ended pods are counted exactly once, whatever is deleted when: 1. a pod's end is noted in the status by its UID; 2. when that is written,
/// the pod's finalizer goes; 3. when that is written, the UID becomes a number. Until 2 a pod cannot vanish, until 3 it cannot count twice.
/// A Job that has failed or succeeded first deletes its pods, and is finished when the last has ended.
/// </remarks>
internal sealed class JobStep(
    IClusterClient client, IEventRecorder events, PodControl control, Expectations expectations, ReleasedPods released, JobBackoff backoff, TimeProvider time, Job job, List<Pod> pods, bool mayManage)
{
    private const int Burst = 500;

    private readonly DateTimeOffset _now = time.GetUtcNow();
    private readonly bool _indexed = JobPods.IsIndexed(job);
    private readonly List<Pod> _active = [.. pods.Where(static p => p.IsActive)];
    private JobStatus _status = job.Status;
    private JobBackoff.Record _backoff = backoff.Of(job);
    private JobCondition? _finish;
    private IndexSet _succeededIndexes = new();
    private IndexSet _failedIndexes = new();
    private int _activeCount;
    private int _readyCount;
    private int _terminating;
    private int _succeeded;
    private int _failed;
    private TimeSpan? _revisit;
    private Status? _error;

    public static async ValueTask<Status?> RemoveFinalizerAsync(IClusterClient client, Pod pod, CancellationToken cancellationToken)
    {
        var body = ApiMap<object?>.Empty.With("metadata", ApiMap<object?>.Empty
            .With("uid", pod.Metadata.Uid)
            .With("$deleteFromPrimitiveList/finalizers", ApiList.Create<object?>([JobPods.Finalizer])));
        var patched = await client.PatchAsync<Pod>(pod.Key, Patch.StrategicMerge(body), cancellationToken);

        // Gone, or a namesake: both mean that there is no finalizer of ours left.
        return patched.IsOk || patched.IsNotFound || patched.IsInvalid || patched.IsConflict ? null : patched.Error;
    }

    public async ValueTask<ReconcileResult> RunAsync(CancellationToken cancellationToken)
    {
        Count();
        Decide();
        await ActAsync(cancellationToken);
        await TrackAsync(cancellationToken);
        return _error is not null ? _error : _revisit is { } after ? ReconcileResult.RevisitAfter(after) : ReconcileResult.Done;
    }

    private async ValueTask<Status?> ReleaseAsync(Pod pod, CancellationToken cancellationToken)
    {
        var error = await RemoveFinalizerAsync(client, pod, cancellationToken);
        if (error is null)
        {
            released.Released(pod);
        }

        return error;
    }

    private void Count()
    {
        var uncounted = _status.UncountedTerminatedPods ?? UncountedTerminatedPods.Empty;
        _activeCount = _active.Count;
        _readyCount = _active.Count(static p => p.IsReady);
        _terminating = pods.Count(JobPods.IsTerminating);
        _succeeded = _status.Succeeded + uncounted.Succeeded.Count;
        _failed = _status.Failed + uncounted.Failed.Count;
        DateTimeOffset? lastSuccess = null;
        var failures = new List<DateTimeOffset>();
        foreach (var pod in pods)
        {
            if (!released.Holds(pod) || uncounted.Succeeded.Contains(pod.Metadata.Uid) || uncounted.Failed.Contains(pod.Metadata.Uid))
            {
                continue;
            }

            if (pod.Status.Phase == "Succeeded")
            {
                _succeeded++;
                lastSuccess = JobPods.FinishTime(pod, _now) is var at && (lastSuccess is null || at > lastSuccess) ? at : lastSuccess;
            }
            else if (JobPods.IsFailed(job, pod))
            {
                _failed += FailurePolicy.Match(job, pod)?.Action is "Ignore" ? 0 : 1;
                failures.Add(JobPods.FinishTime(pod, _now));
            }
        }

        _backoff = _backoff.After(lastSuccess, failures);

        if (_indexed)
        {
            var completions = job.Spec.Completions ?? 0;
            _succeededIndexes = IndexSet.Parse(_status.CompletedIndexes, completions);
            foreach (var pod in pods)
            {
                if (pod.Status.Phase == "Succeeded" && released.Holds(pod) && JobPods.IndexOf(pod) is var index and >= 0 && index < completions)
                {
                    _succeededIndexes.Add(index);
                }
            }

            // Several pods of one index count once.
            _succeeded = _succeededIndexes.Count;
            CountFailedIndexes(completions);
        }
    }

    private void CountFailedIndexes(int completions)
    {
        if (job.Spec.BackoffLimitPerIndex is not { } limit)
        {
            return;
        }

        _failedIndexes = IndexSet.Parse(_status.FailedIndexes, completions);
        foreach (var pod in pods)
        {
            var index = JobPods.IndexOf(pod);

            // A pod that goes since the Job has failed says nothing about its index.
            if (pod.Status.Phase != "Failed" && _status.Find(JobConditions.FailureTarget) is not null)
            {
                continue;
            }

            if (index < 0 || index >= completions || !released.Holds(pod) || !JobPods.IsFailed(job, pod) || _succeededIndexes.Contains(index))
            {
                continue;
            }

            var action = FailurePolicy.Match(job, pod)?.Action;
            if (action == "FailIndex" || (action != "Ignore" && JobPods.FailureCount(pod) >= limit))
            {
                _failedIndexes.Add(index);
            }
        }
    }

    /// <summary>Whether the Job has come to an end, and which.</summary>
    private void Decide()
    {
        if (_status.StartTime is null && job.Spec.Suspend != true)
        {
            _status = _status with { StartTime = ApiTime.Truncate(_now) };
        }

        if (_status.Find(JobConditions.FailureTarget) is { Status: "True" } decided)
        {
            _finish = decided;
            return;
        }

        if (_status.Find(JobConditions.SuccessCriteriaMet) is { Status: "True" } met)
        {
            _finish = met;
            return;
        }

        if (pods.Where(released.Holds).Select(p => FailurePolicy.Match(job, p)).FirstOrDefault(static m => m?.Action == "FailJob") is { } fatal)
        {
            Fail("PodFailurePolicy", fatal.Message);
        }
        else if (_failed > (job.Spec.BackoffLimit ?? int.MaxValue) || RestartsExceedLimit())
        {
            Fail("BackoffLimitExceeded", "Job has reached the specified backoff limit");
        }
        else if (job.Spec is { ActiveDeadlineSeconds: { } seconds } && job.Spec.Suspend != true && _status.StartTime is { } start)
        {
            var left = start + TimeSpan.FromSeconds(seconds) - _now;
            if (left <= TimeSpan.Zero)
            {
                Fail("DeadlineExceeded", "Job was active longer than specified deadline");
            }
            else
            {
                Revisit(left);
            }
        }

        if (_finish is not null || !_indexed)
        {
            return;
        }

        if (job.Spec.BackoffLimitPerIndex is not null && job.Spec.MaxFailedIndexes is { } max && _failedIndexes.Count > max)
        {
            Fail("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
        }
        else if (_failedIndexes.Count > 0 && _failedIndexes.Count + _succeededIndexes.Count >= job.Spec.Completions)
        {
            Fail("FailedIndexes", "Job has failed indexes");
        }
        else if (MatchedSuccessRule() is { } rule)
        {
            _finish = JobConditions.New(JobConditions.SuccessCriteriaMet, "True", "SuccessPolicy", $"Matched rules at index {rule}", ApiTime.Truncate(_now));
        }
    }

    private void Fail(string reason, string message) =>
        _finish = JobConditions.New(JobConditions.FailureTarget, "True", reason, message, ApiTime.Truncate(_now));

    private void Revisit(TimeSpan after) => _revisit = _revisit is null || after < _revisit ? after : _revisit;

    /// <summary>Containers that restart in their pods count against the limit too.</summary>
    private bool RestartsExceedLimit()
    {
        if (job.Spec.Template.Spec.RestartPolicy != "OnFailure" || job.Spec.BackoffLimit is not { } limit)
        {
            return false;
        }

        var restarts = pods.Where(static p => p.Status.Phase is "Running" or "Pending")
            .Sum(static p => p.Status.ContainerStatuses.Concat(p.Status.InitContainerStatuses).Sum(static c => c.RestartCount));
        return limit == 0 ? restarts > 0 : restarts >= limit;
    }

    private int? MatchedSuccessRule()
    {
        var rules = job.Spec.SuccessPolicy?.Rules ?? [];
        for (var i = 0; i < rules.Count; i++)
        {
            var count = _succeededIndexes.Count;
            if (rules[i].SucceededIndexes is { } wanted)
            {
                var set = IndexSet.Parse(wanted, job.Spec.Completions ?? 0);
                count = Enumerable.Range(0, job.Spec.Completions ?? 0).Count(x => set.Contains(x) && _succeededIndexes.Contains(x));
                if (rules[i].SucceededCount is null && count >= set.Count)
                {
                    return i;
                }
            }

            if (rules[i].SucceededCount is { } enough && count >= enough)
            {
                return i;
            }
        }

        return null;
    }

    private async ValueTask ActAsync(CancellationToken cancellationToken)
    {
        if (_finish is not null)
        {
            await DeleteActiveAsync(_active, release: false, cancellationToken);
            return;
        }

        if (!mayManage || job.IsBeingDeleted)
        {
            return;
        }

        await ManageAsync(cancellationToken);
        var complete = job.Spec.Completions is { } completions ? _succeeded >= completions : _succeeded > 0;
        if (complete && _activeCount == 0)
        {
            _finish = JobConditions.New(
                JobConditions.SuccessCriteriaMet, "True", "CompletionsReached", "Reached expected number of succeeded pods", ApiTime.Truncate(_now));
            return;
        }

        NoteSuspension();
    }

    private void NoteSuspension()
    {
        var suspended = _status.Find(JobConditions.Suspended)?.Status == "True";
        if (job.Spec.Suspend == true && !suspended)
        {
            _status = _status.With(JobConditions.New(JobConditions.Suspended, "True", "JobSuspended", "Job suspended", ApiTime.Truncate(_now))) with { StartTime = null };
            events.Normal(job, "Suspended", "Job suspended");
        }
        else if (job.Spec.Suspend != true && suspended)
        {
            // The deadline counts from the resumption.
            _status = _status.With(JobConditions.New(JobConditions.Suspended, "False", "JobResumed", "Job resumed", ApiTime.Truncate(_now))) with { StartTime = ApiTime.Truncate(_now) };
            events.Normal(job, "Resumed", "Job resumed");
        }
    }

    private async ValueTask ManageAsync(CancellationToken cancellationToken)
    {
        if (job.Spec.Suspend == true)
        {
            await DeleteActiveAsync(_active, release: true, cancellationToken);
            return;
        }

        var parallelism = job.Spec.Parallelism ?? 1;
        var wanted = job.Spec.Completions is { } completions
            ? Math.Max(0, Math.Min(completions - _succeeded - (_indexed ? _failedIndexes.Count : 0), parallelism))
            : _succeeded > 0 ? _activeCount : parallelism;
        var doomed = Surplus(Math.Max(0, _activeCount - wanted));
        if (doomed.Count > 0)
        {
            await DeleteActiveAsync(doomed, release: true, cancellationToken);
            return;
        }

        var missing = wanted - _activeCount - (JobPods.ReplacesOnlyFailed(job) ? _terminating : 0);
        if (missing <= 0)
        {
            return;
        }

        var wait = _indexed && job.Spec.BackoffLimitPerIndex is not null ? TimeSpan.Zero : _backoff.Wait(_now);
        if (wait > TimeSpan.Zero)
        {
            // Upstream tells of no active pods until the wait is over.
            Revisit(wait);
            _activeCount = 0;
            return;
        }

        await CreateAsync(Math.Min(missing, Burst), cancellationToken);
    }

    /// <summary>Active pods to delete: of indexes that are done or doubled in any case, then those that are least useful.</summary>
    private List<Pod> Surplus(int atLeast)
    {
        var doomed = new List<Pod>();
        var left = _active;
        if (_indexed)
        {
            var seen = new HashSet<int>();
            left = [];
            foreach (var pod in _active.OrderBy(static p => p.Metadata.CreationTimestamp).ThenByDescending(static p => p.Status.Phase == "Running"))
            {
                var index = JobPods.IndexOf(pod);
                (index < 0 || index >= job.Spec.Completions || _succeededIndexes.Contains(index) || _failedIndexes.Contains(index) || !seen.Add(index) ? doomed : left).Add(pod);
            }
        }

        if (doomed.Count < atLeast)
        {
            doomed.AddRange(left.Order(new PodDeletionOrder(new Dictionary<string, int>(), _now)).Take(atLeast - doomed.Count));
        }

        return [.. doomed.Take(Burst)];
    }

    /// <summary>How long an index waits after its last failure: longer with each.</summary>
    private TimeSpan BackOffOf(int index) => LastFailureOf(index) is { } last
        ? JobPods.FinishTime(last, _now) + JobBackoff.Waits.Delay(JobPods.FailureCount(last) + JobPods.IgnoredFailureCount(last)) - _now
        : TimeSpan.Zero;

    /// <summary>The pod of an index that failed last; null if none did, or none that is still held.</summary>
    private Pod? LastFailureOf(int index) => pods
        .Where(p => JobPods.IndexOf(p) == index && released.Holds(p) && p.Status.Phase != "Succeeded" && JobPods.IsFailed(job, p))
        .MaxBy(static p => JobPods.FailureCount(p) + JobPods.IgnoredFailureCount(p));

    private async ValueTask CreateAsync(int count, CancellationToken cancellationToken)
    {
        var indexes = _indexed ? PendingIndexes(count) : [.. Enumerable.Repeat(-1, count)];
        if (_indexed && job.Spec.BackoffLimitPerIndex is not null && indexes.Count > 0)
        {
            // Those that wait after a failure are not overtaken by indexes beyond them.
            var waits = indexes.ToDictionary(static i => i, BackOffOf);
            indexes.RemoveAll(i => waits[i] > TimeSpan.Zero);
            if (indexes.Count == 0)
            {
                Revisit(waits.Values.Min());
                _activeCount = 0;
            }
        }

        if (indexes.Count == 0)
        {
            return;
        }

        expectations.ExpectCreations(job.Key, indexes.Count);
        var (succeeded, error) = await SlowStart.RunAsync(indexes.Count, async i =>
        {
            var (failures, ignored) = FailuresOf(indexes[i]);
            var created = await control.CreateAsync(JobPods.New(job, indexes[i], failures, ignored), job, cancellationToken);
            return created.IsOk || created.IsNamespaceTerminating ? null : created.Error;
        });
        if (succeeded < indexes.Count)
        {
            expectations.CreationObserved(job.Key, indexes.Count - succeeded);
        }

        _activeCount += succeeded;
        _error ??= error;
    }

    /// <summary>The lowest indexes that have neither ended nor an active pod.</summary>
    private List<int> PendingIndexes(int count)
    {
        var busy = _active.Select(JobPods.IndexOf).ToHashSet();
        if (JobPods.ReplacesOnlyFailed(job) || job.Spec.BackoffLimitPerIndex is not null)
        {
            busy.UnionWith(pods.Where(JobPods.IsTerminating).Select(JobPods.IndexOf));
        }

        var pending = new List<int>();
        for (var i = 0; i < job.Spec.Completions && pending.Count < count; i++)
        {
            if (busy.Contains(i) || _succeededIndexes.Contains(i) || _failedIndexes.Contains(i))
            {
                continue;
            }

            pending.Add(i);
        }

        return pending;
    }

    private (int Failures, int Ignored) FailuresOf(int index)
    {
        if (index < 0 || job.Spec.BackoffLimitPerIndex is null)
        {
            return (0, 0);
        }

        var last = LastFailureOf(index);
        if (last is null)
        {
            return (0, 0);
        }

        var ignored = FailurePolicy.Match(job, last)?.Action == "Ignore";
        return (JobPods.FailureCount(last) + (ignored ? 0 : 1), JobPods.IgnoredFailureCount(last) + (ignored ? 1 : 0));
    }

    /// <param name="doomed">Pods to delete.</param>
    /// <param name="release">Whether to take the finalizer first, so that the pod does not count as failed.</param>
    /// <param name="cancellationToken">Cancels the writes.</param>
    private async ValueTask DeleteActiveAsync(List<Pod> doomed, bool release, CancellationToken cancellationToken)
    {
        if (doomed.Count == 0)
        {
            return;
        }

        expectations.ExpectDeletions(job.Key, doomed.Select(static p => p.Metadata.Uid));
        var results = await Task.WhenAll(doomed.Select(async pod =>
        {
            var error = release && released.Holds(pod) ? await ReleaseAsync(pod, cancellationToken) : null;
            if (error is null)
            {
                var deleted = await control.DeleteAsync(pod, job, cancellationToken);
                if (deleted.IsOk)
                {
                    return (Pod: pod, Error: (Status?)null);
                }

                error = deleted.IsNotFound ? null : deleted.Error;
            }

            expectations.DeletionObserved(job.Key, pod.Metadata.Uid);
            return (Pod: pod, Error: error);
        }));
        foreach (var (pod, error) in results)
        {
            _error ??= error;
            if (error is null)
            {
                _activeCount--;
                _readyCount -= pod.IsReady ? 1 : 0;

                // The server drops pods at once that no kubelet has to stop and no finalizer holds.
                _terminating += !release || pod.Spec.NodeName.Length > 0 ? 1 : 0;
            }
        }
    }

    /// <summary>Counts ended pods and writes the status, in the three moves that the remarks describe.</summary>
    private async ValueTask TrackAsync(CancellationToken cancellationToken)
    {
        var uncounted = _status.UncountedTerminatedPods ?? UncountedTerminatedPods.Empty;
        var (succeeded, failed) = (uncounted.Succeeded.ToList(), uncounted.Failed.ToList());
        var ended = new List<Pod>();

        // Those whose successors must still learn from them how often their index has failed are left as they are.
        var remembered = AwaitingSuccessor();
        foreach (var pod in pods)
        {
            if (!released.Holds(pod) || remembered.Contains(pod.Metadata.Uid))
            {
                continue;
            }

            var uid = pod.Metadata.Uid;
            var hasFailed = JobPods.IsFailed(job, pod);
            if (!pod.IsTerminal && !hasFailed && _finish is null && !job.IsBeingDeleted)
            {
                continue;
            }

            ended.Add(pod);
            if (pod.Status.Phase == "Succeeded")
            {
                if (!_indexed && !succeeded.Contains(uid))
                {
                    succeeded.Add(uid);
                }
            }
            else if (hasFailed || _finish is { Type: not JobConditions.SuccessCriteriaMet })
            {
                // A failed Job's running pods have failed with it; a successful one's were only not needed any more.
                if (FailurePolicy.Match(job, pod)?.Action != "Ignore" && !failed.Contains(uid) && (!_indexed || (JobPods.IndexOf(pod) is var index and >= 0 && index < job.Spec.Completions)))
                {
                    failed.Add(uid);
                }
            }
        }

        _status = _status with
        {
            Active = _activeCount,
            Ready = Math.Max(0, _readyCount),
            Terminating = _terminating,
            UncountedTerminatedPods = new() { Succeeded = succeeded.ToApiList(), Failed = failed.ToApiList() },
        };
        if (_finish is { } finish && _status.Find(finish.Type) is null)
        {
            _status = _status.With(finish);
        }

        if (_indexed)
        {
            _status = _status with { CompletedIndexes = _succeededIndexes.ToString(), Succeeded = _succeededIndexes.Count };
            if (job.Spec.BackoffLimitPerIndex is not null)
            {
                _status = _status with { FailedIndexes = _failedIndexes.ToString() };
            }
        }

        var current = job;
        if (ended.Count > 0 || succeeded.Count + failed.Count > 0)
        {
            // 1. Note who has ended.
            if (await WriteAsync(current) is not { } noted)
            {
                return;
            }

            backoff.Set(job, _backoff);

            // 2. Let them go.
            var errors = await Task.WhenAll(ended.Select(async p => (p.Metadata.Uid, Error: await ReleaseAsync(p, cancellationToken))));
            _error ??= errors.Select(static e => e.Error).FirstOrDefault(static e => e is not null);
            var held = errors.Where(static e => e.Error is not null).Select(static e => e.Uid).ToHashSet();

            // 3. Count them.
            var gone = _status.UncountedTerminatedPods!;
            var keptSucceeded = gone.Succeeded.Where(held.Contains).ToApiList();
            var keptFailed = gone.Failed.Where(held.Contains).ToApiList();
            _status = noted.Status with
            {
                Succeeded = _indexed ? noted.Status.Succeeded : noted.Status.Succeeded + gone.Succeeded.Count - keptSucceeded.Count,
                Failed = noted.Status.Failed + gone.Failed.Count - keptFailed.Count,
                UncountedTerminatedPods = new() { Succeeded = keptSucceeded, Failed = keptFailed },
            };
            current = noted;
        }

        var finished = TryFinish();
        if (await WriteAsync(current) is not null && finished is { } end)
        {
            if (end.Type == JobConditions.Complete)
            {
                if (job.Spec.Completions is { } completions && _status.Succeeded > completions)
                {
                    events.Warning(job, "TooManySucceededPods", "Too many succeeded pods");
                }

                events.Normal(job, "Completed", "Job completed");
            }
            else
            {
                events.Warning(job, end.Reason, end.Message);
            }
        }

        async ValueTask<Job?> WriteAsync(Job basis)
        {
            if (_status.Equals(basis.Status))
            {
                return basis;
            }

            var written = await client.UpdateStatusAsync(basis with { Status = _status }, cancellationToken);
            if (written.IsOk)
            {
                return written.Value;
            }

            if (!written.IsNotFound)
            {
                _error ??= written.Error;
            }

            return null;
        }
    }

    /// <summary>Per index that waits for its next pod, the one that failed last.</summary>
    private HashSet<string> AwaitingSuccessor()
    {
        if (!_indexed || job.Spec.BackoffLimitPerIndex is null || _finish is not null || job.IsBeingDeleted)
        {
            return [];
        }

        var busy = _active.Select(JobPods.IndexOf).ToHashSet();
        return pods
            .Where(p => released.Holds(p) && p.Status.Phase != "Succeeded" && JobPods.IsFailed(job, p))
            .GroupBy(JobPods.IndexOf)
            .Where(g => g.Key >= 0 && g.Key < job.Spec.Completions && !busy.Contains(g.Key) && !_succeededIndexes.Contains(g.Key) && !_failedIndexes.Contains(g.Key))
            .Select(static g => g.MaxBy(static p => JobPods.FailureCount(p) + JobPods.IgnoredFailureCount(p))!.Metadata.Uid)
            .ToHashSet();
    }

    /// <summary>The condition that ends the Job, once no pod of it is left running or uncounted.</summary>
    private JobCondition? TryFinish()
    {
        var uncounted = _status.UncountedTerminatedPods;
        if (_finish is null || _error is not null || _activeCount > 0 || _terminating > 0 || uncounted is { Succeeded.Count: > 0 } or { Failed.Count: > 0 }
            || !mayManage || !expectations.Satisfied(job.Key))
        {
            return null;
        }

        var now = ApiTime.Truncate(_now);
        var end = JobConditions.New(_finish.Type == JobConditions.FailureTarget ? JobConditions.Failed : JobConditions.Complete, "True", _finish.Reason, _finish.Message, now);
        _status = _status.With(end);
        if (end.Type == JobConditions.Complete)
        {
            _status = _status with { CompletionTime = now };
        }

        return end;
    }
}
