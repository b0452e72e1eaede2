using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class NodeStatusStrategy : StatusStrategy<Node>
{
    protected override void Check(Node obj, Node old, FieldErrorList errors) => NodeRules.Update(obj, old, errors);
}
