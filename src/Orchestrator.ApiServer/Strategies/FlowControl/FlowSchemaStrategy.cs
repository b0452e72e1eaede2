using Orchestrator.Api.FlowControl.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.FlowControl;

namespace Orchestrator.ApiServer.Strategies.FlowControl;

internal sealed class FlowSchemaStrategy : ObjectStrategy<FlowSchema>
{
    protected override void Check(FlowSchema obj, FieldErrorList errors) => FlowSchemaValidator.Validate(obj, errors);
}
