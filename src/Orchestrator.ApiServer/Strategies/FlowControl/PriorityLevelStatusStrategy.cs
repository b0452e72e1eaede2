using Orchestrator.Api.FlowControl.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.FlowControl;

namespace Orchestrator.ApiServer.Strategies.FlowControl;

internal sealed class PriorityLevelStatusStrategy() : StatusStrategy<PriorityLevelConfiguration>(StatusMetadata.All)
{
    protected override bool ComparesMetadataTwice => false;

    protected override void Check(PriorityLevelConfiguration obj, PriorityLevelConfiguration old, FieldErrorList errors) =>
        FlowSchemaValidator.Conditions(obj.Status.Conditions, static c => c.Type, errors);
}
