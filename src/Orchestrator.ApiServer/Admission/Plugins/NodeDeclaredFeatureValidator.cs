using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>A running pod is changed only in ways that its node's kubelet says it can follow (KEP-5328).</summary>
internal sealed class NodeDeclaredFeatureValidator(IObjectLister objects) : IValidatingAdmission
{
    public string Name => "NodeDeclaredFeatureValidator";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation == AdmissionOperation.Update && subresource is "" or "resize" && resource is { Group: "", Resource: "pods" };

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes is not { Object: Pod { Spec.NodeName.Length: > 0 } pod, OldObject: Pod old } || ReferenceEquals(pod.Spec, old.Spec))
        {
            return default;
        }

        var needed = NeededBy(pod.Spec, old.Spec).ToArray();
        if (needed.Length > 0 && objects.Get<Node>("", pod.Spec.NodeName) is { } node
            && string.Join(", ", needed.Where(f => !node.Status.DeclaredFeatures.Contains(f))) is { Length: > 0 } missing)
        {
            throw attributes.Forbidden($"pod update requires features {missing} which are not available on node {GoText.Quote(node.Metadata.Name)}");
        }

        return default;
    }

    private static IEnumerable<string> NeededBy(PodSpec spec, PodSpec old)
    {
        if (!Semantic.Equal(spec.Resources, old.Resources))
        {
            yield return "InPlacePodLevelResourcesVerticalScaling";
        }

        for (var i = 0; i < Math.Min(spec.InitContainers.Count, old.InitContainers.Count); i++)
        {
            if (old.InitContainers[i].RestartPolicy != "Always" && !Semantic.Equal(spec.InitContainers[i].Resources, old.InitContainers[i].Resources))
            {
                yield return "InPlacePodVerticalScalingInitContainers";
                yield break;
            }
        }
    }
}
