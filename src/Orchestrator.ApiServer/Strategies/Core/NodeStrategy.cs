using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class NodeStrategy : ObjectStrategy<Node>
{
    // Kubelets register with their status, so it counts on create.
    protected override bool KeepsStatusOnCreate => true;

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        var spec = ((Node)obj).Spec;
        if (spec.ConfigSource is not null)
        {
            context.Warnings.Add("spec.configSource: the feature is removed");
        }

        if (spec.ExternalID.Length > 0)
        {
            context.Warnings.Add("spec.externalID: this field is deprecated, and is unused by Kubernetes");
        }
    }

    // Configuration of kubelets by the API is gone: nothing new comes in.
    protected override void Prepare(Node obj, StrategyContext context)
    {
        if (obj.Spec.ConfigSource is not null)
        {
            obj.Own<NodeSpec>(Node.Fields.Spec).Set(NodeSpec.Fields.ConfigSource, null);
        }

        if (obj.Status.Config is not null)
        {
            obj.Own<NodeStatus>(Node.Fields.Status).Set(NodeStatus.Fields.Config, null);
        }
    }

    protected override void PrepareUpdate(Node obj, Node old, StrategyContext context)
    {
        if (obj.Spec.ConfigSource is not null && old.Spec.ConfigSource is null)
        {
            obj.Own<NodeSpec>(Node.Fields.Spec).Set(NodeSpec.Fields.ConfigSource, null);
        }
    }

    protected override void Check(Node obj, FieldErrorList errors) => NodeRules.Create(obj, errors);

    protected override void CheckUpdate(Node obj, Node old, FieldErrorList errors)
    {
        // Upstream holds a changed node to the rules of a new one and then to those of a change: faults of both are two causes.
        NodeRules.Create(obj, errors);
        NodeRules.Update(obj, old, errors);
    }
}
