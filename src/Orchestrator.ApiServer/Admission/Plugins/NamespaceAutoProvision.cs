using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>Makes the namespace that an object is to be made in.</summary>
internal sealed class NamespaceAutoProvision(IObjectLister objects, INamespaceMaker namespaces) : IMutatingAdmission
{
    public string Name => "NamespaceAutoProvision";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) => operation == AdmissionOperation.Create && resource.Namespaced;

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken) =>
        attributes.DryRun || attributes.Namespace.Length == 0 || objects.Get<Namespace>("", attributes.Namespace) is not null
            ? default
            : namespaces.MakeAsync(attributes.Namespace, cancellationToken);
}
