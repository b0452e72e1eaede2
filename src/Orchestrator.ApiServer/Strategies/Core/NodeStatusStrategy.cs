using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class NodeStatusStrategy : StatusStrategy<Node>
{
    protected override void Prepare(Node obj, Node old, StrategyContext context)
    {
        if (obj.Status.Config is not null && old.Status.Config is null)
        {
            obj.Own<NodeStatus>(Node.Fields.Status).Set(NodeStatus.Fields.Config, null);
        }
    }

    protected override void Check(Node obj, Node old, FieldErrorList errors) => NodeRules.Update(obj, old, errors);
}
