using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Jobs;

namespace Orchestrator.Controllers.TtlAfterFinished;

/// <summary>Deletes finished Jobs when their time to live is up.</summary>
internal sealed class TtlAfterFinishedController : QueueController
{
    private readonly IInformer<Job> _jobs;

    public TtlAfterFinishedController(ControllerContext context)
        : base("ttl-after-finished-controller", context, workers: 2) => _jobs = Watch<Job>();

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_jobs.TryGet(key, out var job) || Remaining(job) is not { } left)
        {
            return ReconcileResult.Done;
        }

        if (left > TimeSpan.Zero)
        {
            return ReconcileResult.RevisitAfter(left);
        }

        // The cache may not know yet that the time to live was raised.
        var fresh = await Client.GetAsync<Job>(key, cancellationToken);
        if (fresh.IsNotFound)
        {
            return ReconcileResult.Done;
        }

        if (!fresh.IsOk)
        {
            return fresh.Error;
        }

        if (Remaining(fresh.Value) is not { } stillLeft)
        {
            return ReconcileResult.Done;
        }

        if (stillLeft > TimeSpan.Zero)
        {
            return ReconcileResult.RevisitAfter(stillLeft);
        }

        var deleted = await Client.DeleteAsync<Job>(
            key, new() { PropagationPolicy = "Foreground", Preconditions = new() { Uid = fresh.Value.Metadata.Uid } }, cancellationToken);
        return deleted.IsOk || deleted.IsNotFound ? ReconcileResult.Done : deleted.Error;
    }

    private TimeSpan? Remaining(Job job)
    {
        if (job.IsBeingDeleted || job.Spec.TtlSecondsAfterFinished is not { } seconds || !JobConditions.IsFinished(job))
        {
            return null;
        }

        var finished = job.Status.Conditions.First(static c => c is { Type: JobConditions.Complete or JobConditions.Failed, Status: "True" }).LastTransitionTime;
        return (finished ?? Time.GetUtcNow()) + TimeSpan.FromSeconds(seconds) - Time.GetUtcNow();
    }
}
