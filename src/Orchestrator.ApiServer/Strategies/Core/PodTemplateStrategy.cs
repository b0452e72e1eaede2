using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class PodTemplateStrategy : ObjectStrategy<PodTemplate>
{
    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        // Warnings about what has been there all along help nobody.
        if (old is null || old.Metadata.Generation != obj.Metadata.Generation)
        {
            PodWarnings.ForTemplate(((PodTemplate)obj).Template, FieldPath.Root("template"), ((PodTemplate?)old)?.Template, context.Warnings);
        }
    }

    protected override void Prepare(PodTemplate obj, StrategyContext context) => DisabledFields.Drop(obj.Template.Spec);

    protected override void PrepareUpdate(PodTemplate obj, PodTemplate old, StrategyContext context) => DisabledFields.Drop(obj.Template.Spec);

    protected override bool IsNewGeneration(PodTemplate obj, PodTemplate old) => !Semantic.Equal(obj.Template, old.Template);

    protected override void Check(PodTemplate obj, FieldErrorList errors) => PodValidator.Template(obj.Template, FieldPath.Root("template"), errors);
}
