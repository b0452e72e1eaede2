using Orchestrator.Api;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>Refuses every change.</summary>
internal sealed class AlwaysDeny : IMutatingAdmission, IValidatingAdmission
{
    public string Name => "AlwaysDeny";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) => true;

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken) => ValidateAsync(attributes, cancellationToken);

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken) =>
        throw attributes.Forbidden("admission control is denying all modifications");
}
