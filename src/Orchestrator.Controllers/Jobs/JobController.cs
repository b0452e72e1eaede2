using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Jobs;

/// <summary>Jobs: hears of changes, gathers a Job's pods, and lets a <see cref="JobStep"/> act.</summary>
internal sealed class JobController : QueueController
{
    private readonly IInformer<Job> _jobs;
    private readonly IInformer<Pod> _pods;
    private readonly IEventRecorder _events;
    private readonly PodControl _control;
    private readonly Expectations _expectations;
    private readonly ReleasedPods _released = new();
    private readonly JobBackoff _backoff = new();

    public JobController(ControllerContext context)
        : base("job-controller", context, workers: 5)
    {
        _events = context.Recorder("job-controller");
        _control = new(context.Client, _events);
        _expectations = new(context.Time);
        _jobs = Watch<Job>();
        _jobs.AddHandler(deleted: OnJobDeleted);
        _pods = context.Informers.Get<Pod>();
        _pods.AddControllerIndex();
        _pods.AddHandler(OnPodAdded, OnPodUpdated, OnPodGone);
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_jobs.TryGet(key, out var job))
        {
            _expectations.Forget(key);
            _backoff.Forget(key);
            return await ReleaseOrphansAsync(key, cancellationToken);
        }

        // Another controller has taken this Job over.
        if (job.Spec.ManagedBy is not null and not "kubernetes.io/job-controller")
        {
            return ReconcileResult.Done;
        }

        // The server gives every Job a selector; without one its pods could not be told from others, and making more would never end.
        if (job.Spec.Selector is null)
        {
            return ReconcileResult.Failed(ClientStatus.UnreachableBecause("the Job has no selector"));
        }

        if (JobConditions.IsFinished(job))
        {
            _backoff.Forget(key);
            return await ReleaseAsync(_pods.OwnedBy(job), cancellationToken);
        }

        // Asked before the pods are listed: what is observed in between must not make an old list look new.
        var mayManage = _expectations.Satisfied(key);
        var (pods, error) = await new ControllerRefManager<Job>(Client, job, LabelMatcher.From(job.Spec.Selector), [JobPods.Finalizer])
            .ClaimAsync(_pods.CandidatesOf(job).ToList(), null, cancellationToken);
        return error is not null ? error : await new JobStep(Client, _events, _control, _expectations, _released, _backoff, Time, job, pods, mayManage).RunAsync(cancellationToken);
    }

    /// <summary>Pods whose Job is gone must not be held by its finalizer.</summary>
    private async ValueTask<ReconcileResult> ReleaseOrphansAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var orphans = _pods.List(key.Namespace).Where(p => JobPods.HasFinalizer(p)
            && (p.ControllerRef is not { } reference || (reference is { Kind: "Job" } && reference.Name == key.Name && _jobs.Resolve(key.Namespace, "Job", reference) is null)));
        return await ReleaseAsync(orphans, cancellationToken);
    }

    private async ValueTask<ReconcileResult> ReleaseAsync(IEnumerable<Pod> pods, CancellationToken cancellationToken)
    {
        foreach (var pod in pods)
        {
            if (JobPods.HasFinalizer(pod) && await JobStep.RemoveFinalizerAsync(Client, pod, cancellationToken) is { } error)
            {
                return error;
            }
        }

        return ReconcileResult.Done;
    }

    private void OnJobDeleted(Job job)
    {
        _expectations.Forget(job.Key);
        Queue.Add(job.Key);
    }

    private void OnPodAdded(Pod pod)
    {
        if (pod.IsBeingDeleted)
        {
            OnPodDeleted(pod);
            return;
        }

        if (pod.ControllerRef is { Kind: "Job" } reference)
        {
            var key = new ObjectKey(pod.Metadata.Namespace, reference.Name);
            if (_jobs.Resolve(pod.Metadata.Namespace, "Job", reference) is not null)
            {
                _expectations.CreationObserved(key);
                Queue.Add(key);
            }
            else if (JobPods.HasFinalizer(pod))
            {
                Queue.Add(key);
            }

            return;
        }

        if (pod.ControllerRef is null)
        {
            EnqueueAdopters(pod);
        }
    }

    private void OnPodUpdated(Pod old, Pod pod)
    {
        _released.Observed(pod, gone: false);
        if (pod.IsBeingDeleted && !old.IsBeingDeleted)
        {
            OnPodDeleted(pod);
            return;
        }

        if (old.ControllerRef is { Kind: "Job" } before && before.Uid != pod.ControllerRef?.Uid)
        {
            Queue.Add(new(old.Metadata.Namespace, before.Name));
        }

        if (pod.ControllerRef is { Kind: "Job" } reference)
        {
            Queue.Add(new(pod.Metadata.Namespace, reference.Name));
        }
        else if (pod.ControllerRef is null && !old.Metadata.Labels.Equals(pod.Metadata.Labels))
        {
            EnqueueAdopters(pod);
        }
    }

    private void OnPodGone(Pod pod)
    {
        _released.Observed(pod, gone: true);
        OnPodDeleted(pod);
    }

    private void OnPodDeleted(Pod pod)
    {
        if (pod.ControllerRef is { Kind: "Job" } reference)
        {
            var key = new ObjectKey(pod.Metadata.Namespace, reference.Name);
            _expectations.DeletionObserved(key, pod.Metadata.Uid);
            Queue.Add(key);
        }
    }

    private void EnqueueAdopters(Pod pod)
    {
        foreach (var job in _jobs.List(pod.Metadata.Namespace))
        {
            if (LabelMatcher.From(job.Spec.Selector).Matches(pod.Metadata.Labels))
            {
                Queue.Add(job.Key);
            }
        }
    }
}
