using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>Pods bear the zone and region of their node, for those who look at pods only. Here those that are created on a node; a binding does the same later.</summary>
internal sealed class PodTopologyLabels(IObjectLister objects) : IMutatingAdmission
{
    private static readonly string[] Labels = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

    public string Name => "PodTopologyLabels";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation == AdmissionOperation.Create && subresource.Length == 0 && resource is { Group: "", Resource: "pods" };

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is Pod { Spec.NodeName: { Length: > 0 } name } pod && objects.Get<Node>("", name) is { } node)
        {
            CopyTo(pod.Own<ObjectMeta>(ApiObject.MetadataSlot), node, ApiMap<string>.Empty);
        }

        return default;
    }

    /// <summary>Copies the labels of a node.</summary>
    /// <param name="metadata">The pod's.</param>
    /// <param name="node">Its node.</param>
    /// <param name="given">Labels that the one who chose the node gave himself; they stay.</param>
    public static void CopyTo(ObjectMeta metadata, Node node, ApiMap<string> given)
    {
        foreach (var label in Labels)
        {
            if (node.Metadata.Labels.GetValueOrDefault(label) is { } place && !given.ContainsKey(label))
            {
                metadata.OwnMap<string>(ObjectMeta.Fields.Labels).SetSlot(label, place);
            }
        }
    }
}
