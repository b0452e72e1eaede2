using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>Services get no new external addresses; those that they have may stay and go.</summary>
internal sealed class DenyServiceExternalIPs : IValidatingAdmission
{
    public string Name => "DenyServiceExternalIPs";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && resource is { Group: "", Resource: "services" };

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is Service service)
        {
            var had = (attributes.OldObject as Service)?.Spec.ExternalIPs ?? [];
            if (service.Spec.ExternalIPs.Any(ip => !had.Contains(ip)))
            {
                throw attributes.Forbidden("Use of external IPs is denied by admission control.");
            }
        }

        return default;
    }
}
