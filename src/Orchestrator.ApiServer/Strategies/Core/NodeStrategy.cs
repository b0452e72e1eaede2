using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class NodeStrategy : ObjectStrategy<Node>
{
    // Kubelets register with their status, so it counts on create.
    protected override bool KeepsStatusOnCreate => true;

    protected override void Check(Node obj, FieldErrorList errors) => NodeRules.Create(obj, errors);

    protected override void CheckUpdate(Node obj, Node old, FieldErrorList errors) => NodeRules.Update(obj, old, errors);
}
