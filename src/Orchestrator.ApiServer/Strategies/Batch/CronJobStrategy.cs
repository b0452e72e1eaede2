using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Batch;

namespace Orchestrator.ApiServer.Strategies.Batch;

internal sealed class CronJobStrategy : ObjectStrategy<CronJob>
{
    private const int NameMax = 52;

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        if (old is not null && old.Metadata.Generation == obj.Metadata.Generation)
        {
            // Warnings about what has been there all along help nobody.
            return;
        }

        PodWarnings.ForWorkloadName(obj.Metadata, old is null, context.Warnings);
        JobStrategy.WarnOfUntrackedIndexes(((CronJob)obj).Spec.JobTemplate.Spec, "spec.jobTemplate.spec", context);
        PodWarnings.ForTemplate(((CronJob)obj).Spec.JobTemplate.Spec.Template, FieldPath.Spec.Child("jobTemplate").Child("spec").Child("template"),
            ((CronJob?)old)?.Spec.JobTemplate.Spec.Template, context.Warnings);
    }

    protected override void Prepare(CronJob obj, StrategyContext context) => DisabledFields.Drop(obj.Spec.JobTemplate.Spec.Template.Spec);

    protected override void PrepareUpdate(CronJob obj, CronJob old, StrategyContext context) => DisabledFields.Drop(obj.Spec.JobTemplate.Spec.Template.Spec);

    protected override void Check(CronJob obj, FieldErrorList errors)
    {
        CronJobValidator.Validate(obj, null, errors);
        if (obj.Metadata.Name.Length > NameMax)
        {
            // Jobs are named after it with eleven characters more.
            errors.Invalid(FieldPath.Metadata, "name", obj.Metadata.Name, $"must be no more than {NameMax} characters");
        }
    }

    protected override void CheckUpdate(CronJob obj, CronJob old, FieldErrorList errors) => CronJobValidator.Validate(obj, old, errors);
}
