using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>A new node takes no pods until the node lifecycle controller has seen it ready.</summary>
internal sealed class TaintNodesByCondition : IMutatingAdmission
{
    private static readonly Taint NotReady = new() { Key = "node.kubernetes.io/not-ready", Effect = "NoSchedule" };

    public string Name => "TaintNodesByCondition";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation == AdmissionOperation.Create && subresource.Length == 0 && resource is { Group: "", Resource: "nodes" };

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is Node node && !node.Spec.Taints.Any(static t => t.Key == NotReady.Key && t.Effect == NotReady.Effect))
        {
            node.Own<NodeSpec>(Node.Fields.Spec).Set(NodeSpec.Fields.Taints, (ApiList<Taint>)[.. node.Spec.Taints, NotReady]);
        }

        return default;
    }
}
