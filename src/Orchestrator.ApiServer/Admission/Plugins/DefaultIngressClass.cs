using Orchestrator.Api;
using Orchestrator.Api.Networking.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>A new ingress without a class gets the newest of the default classes.</summary>
internal sealed class DefaultIngressClass(IObjectLister objects) : IMutatingAdmission
{
    public string Name => "DefaultIngressClass";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation == AdmissionOperation.Create && subresource.Length == 0 && resource is { Group: "networking.k8s.io", Resource: "ingresses" };

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Ingress ingress || ingress.Spec.IngressClassName is not null
            || ingress.Metadata.Annotations.ContainsKey("kubernetes.io/ingress.class"))
        {
            return default;
        }

        var found = objects.List<IngressClass>("")
            .Where(static c => c.Metadata.Annotations.GetValueOrDefault("ingressclass.kubernetes.io/is-default-class") == "true")
            .OrderByDescending(static c => c.Metadata.CreationTimestamp)
            .ThenBy(static c => c.Metadata.Name, StringComparer.Ordinal)
            .FirstOrDefault();
        if (found is not null)
        {
            ingress.Own<IngressSpec>(Ingress.Fields.Spec).Set(IngressSpec.Fields.IngressClassName, found.Metadata.Name);
        }

        return default;
    }
}
