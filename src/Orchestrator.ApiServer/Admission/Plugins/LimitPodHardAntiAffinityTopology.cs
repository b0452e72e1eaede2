using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>A pod may keep others off its node, but not off a whole zone.</summary>
internal sealed class LimitPodHardAntiAffinityTopology : IValidatingAdmission
{
    private const string Hostname = "kubernetes.io/hostname";

    public string Name => "LimitPodHardAntiAffinityTopology";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && subresource.Length == 0 && resource is { Group: "", Resource: "pods" };

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is Pod { Spec.Affinity.PodAntiAffinity: { } antiAffinity } pod)
        {
            foreach (var term in antiAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
            {
                if (term.TopologyKey != Hostname)
                {
                    throw Errors.Forbidden(
                        "", "pods", pod.Metadata.Name, $"affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey {term.TopologyKey} but only key {Hostname} is allowed");
                }
            }
        }

        return default;
    }
}
