using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>Pods that ask for an extended resource tolerate the taint of its name, with which its nodes keep others away.</summary>
internal sealed class ExtendedResourceToleration : IMutatingAdmission
{
    public string Name => "ExtendedResourceToleration";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && subresource.Length == 0 && resource is { Group: "", Resource: "pods" };

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Pod pod)
        {
            return default;
        }

        var names = pod.Spec.Containers.Concat(pod.Spec.InitContainers).SelectMany(static c => c.Resources.Requests.Keys).Where(ExtendedResources.Has).Distinct().Order(StringComparer.Ordinal);
        var added = names.Select(static n => new Toleration { Key = n, Operator = "Exists", Effect = "NoSchedule" })
            .Where(t => !pod.Spec.Tolerations.Any(own => own.Key == t.Key && own.Operator == t.Operator && own.Effect == t.Effect && own.Value.Length == 0))
            .ToArray();
        if (added.Length > 0)
        {
            pod.Own<PodSpec>(Pod.Fields.Spec).Set(PodSpec.Fields.Tolerations, (ApiList<Toleration>)[.. pod.Spec.Tolerations, .. added]);
        }

        return default;
    }
}
