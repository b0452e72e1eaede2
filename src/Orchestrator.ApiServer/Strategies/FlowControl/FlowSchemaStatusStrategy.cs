using Orchestrator.Api.FlowControl.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.FlowControl;

namespace Orchestrator.ApiServer.Strategies.FlowControl;

internal sealed class FlowSchemaStatusStrategy() : StatusStrategy<FlowSchema>(StatusMetadata.All)
{
    protected override bool ComparesMetadataTwice => false;

    protected override void Check(FlowSchema obj, FlowSchema old, FieldErrorList errors) =>
        FlowSchemaValidator.Conditions(obj.Status.Conditions, static c => c.Type, errors);
}
