using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>Nothing happens in a namespace that there is not.</summary>
internal sealed class NamespaceExists(IObjectLister objects) : IValidatingAdmission
{
    public string Name => "NamespaceExists";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) => operation != AdmissionOperation.Connect && resource.Namespaced;

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken) =>
        attributes.Namespace.Length == 0 || objects.Get<Namespace>("", attributes.Namespace) is not null ? default : throw Errors.NotFound("", "namespaces", attributes.Namespace);
}
