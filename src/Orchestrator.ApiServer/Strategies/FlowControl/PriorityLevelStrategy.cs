using Orchestrator.Api.FlowControl.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.FlowControl;

namespace Orchestrator.ApiServer.Strategies.FlowControl;

internal sealed class PriorityLevelStrategy : ObjectStrategy<PriorityLevelConfiguration>
{
    protected override void Check(PriorityLevelConfiguration obj, FieldErrorList errors) => PriorityLevelValidator.Validate(obj, errors);
}
