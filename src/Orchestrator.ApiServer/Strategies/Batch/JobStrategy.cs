using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Batch;

namespace Orchestrator.ApiServer.Strategies.Batch;

internal sealed class JobStrategy : ObjectStrategy<Job>
{
    public override string OrphaningWarning =>
        "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        if (old is not null && old.Metadata.Generation == obj.Metadata.Generation)
        {
            // Warnings about what has been there all along help nobody.
            return;
        }

        var job = (Job)obj;
        PodWarnings.ForWorkloadName(obj.Metadata, old is null, context.Warnings);
        WarnOfUntrackedIndexes(job.Spec, "spec", context);
        PodWarnings.ForTemplate(job.Spec.Template, FieldPath.Spec.Child("template"), ((Job?)old)?.Spec.Template, context.Warnings);
    }

    public static void WarnOfUntrackedIndexes(JobSpec spec, string path, StrategyContext context)
    {
        if (spec is { CompletionMode: "Indexed", Completions: > 100_000, Parallelism: > 10_000 })
        {
            context.Warnings.Add(path + ": In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail");
        }
    }

    protected override void Prepare(Job obj, StrategyContext context)
    {
        // Labels that were defaulted from the template follow what is added to it.
        var follows = obj.Metadata.Labels.Count > 0 && obj.Metadata.Labels.Equals(obj.Spec.Template.Metadata.Labels);
        if (obj.Spec.ManualSelector != true)
        {
            JobSelector.Generate(obj);
        }

        if (follows)
        {
            TakeLabels(obj);
        }

        DisabledFields.Drop(obj.Spec.Template.Spec);
    }

    protected override void PrepareUpdate(Job obj, Job old, StrategyContext context) => DisabledFields.Drop(obj.Spec.Template.Spec);

    public override void Canonicalize(ApiObject obj)
    {
        base.Canonicalize(obj);
        var job = (Job)obj;
        if (job.Metadata.Labels.Count == 0 && job.Spec.Template.Metadata.Labels.Count > 0)
        {
            TakeLabels(job);
        }
    }

    protected override void Check(Job obj, FieldErrorList errors) => JobValidator.Job(obj, errors);

    protected override void CheckUpdate(Job obj, Job old, FieldErrorList errors) => JobValidator.Update(obj, old, errors);

    private static void TakeLabels(Job job) => job.Own<ObjectMeta>(ApiObject.MetadataSlot).Set(ObjectMeta.Fields.Labels, job.Spec.Template.Metadata.Labels.Copy());
}
