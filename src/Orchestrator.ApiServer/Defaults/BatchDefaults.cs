using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Jobs and cron jobs.</summary>
internal static class BatchDefaults
{
    public static void Job(Job job)
    {
        var spec = job.Own<JobSpec>(Api.Batch.V1.Job.Fields.Spec);
        if (spec.Completions is null && spec.Parallelism is null)
        {
            spec.Set(JobSpec.Fields.Completions, 1);
        }

        spec.Default(JobSpec.Fields.Parallelism, 1);
        spec.Default(JobSpec.Fields.BackoffLimit, spec.BackoffLimitPerIndex is null ? 6 : int.MaxValue);
        if (spec.Template.Metadata.Labels is { Count: > 0 } labels && job.Metadata.Labels.Count == 0)
        {
            job.Own<ObjectMeta>(ApiObject.MetadataSlot).Set(ObjectMeta.Fields.Labels, labels.Copy());
        }

        spec.Default(JobSpec.Fields.CompletionMode, "NonIndexed");
        spec.Default(JobSpec.Fields.Suspend, false);
        FailurePolicy(spec);
        spec.Default(JobSpec.Fields.ManualSelector, false);
        spec.Default(JobSpec.Fields.PodReplacementPolicy, spec.PodFailurePolicy is null ? "TerminatingOrFailed" : "Failed");
        PodDefaults.Template(spec.Own<PodTemplateSpec>(JobSpec.Fields.Template));
    }

    public static void CronJob(CronJob job)
    {
        var spec = job.Own<CronJobSpec>(Api.Batch.V1.CronJob.Fields.Spec);
        spec.Default(CronJobSpec.Fields.ConcurrencyPolicy, "Allow");
        spec.Default(CronJobSpec.Fields.Suspend, false);
        spec.Default(CronJobSpec.Fields.SuccessfulJobsHistoryLimit, 3);
        spec.Default(CronJobSpec.Fields.FailedJobsHistoryLimit, 1);
        var jobSpec = spec.Own<JobTemplateSpec>(CronJobSpec.Fields.JobTemplate).Own<JobSpec>(JobTemplateSpec.Fields.Spec);
        FailurePolicy(jobSpec);
        PodDefaults.Template(jobSpec.Own<PodTemplateSpec>(JobSpec.Fields.Template));
    }

    private static void FailurePolicy(JobSpec spec)
    {
        if (spec.PodFailurePolicy is not { } policy)
        {
            return;
        }

        foreach (var rule in policy.Rules)
        {
            foreach (var pattern in rule.OnPodConditions)
            {
                pattern.Default(PodFailurePolicyOnPodConditionsPattern.Fields.Status, "True");
            }
        }
    }
}
