using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Storage.V1;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>Only bound claims may grow, and only if their class allows it.</summary>
internal sealed class PersistentVolumeClaimResize(IObjectLister objects) : IValidatingAdmission
{
    public string Name => "PersistentVolumeClaimResize";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation == AdmissionOperation.Update && subresource.Length == 0 && resource is { Group: "", Resource: "persistentvolumeclaims" };

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes is not { Object: PersistentVolumeClaim claim, OldObject: PersistentVolumeClaim old })
        {
            return default;
        }

        var size = claim.Spec.Resources.Requests.GetValueOrDefault("storage") ?? Quantity.Zero;
        var oldSize = old.Spec.Resources.Requests.GetValueOrDefault("storage") ?? Quantity.Zero;
        if (size <= oldSize)
        {
            return default;
        }

        if (old.Status.Phase != "Bound")
        {
            throw attributes.Forbidden("Only bound persistent volume claims can be expanded");
        }

        var className = claim.Metadata.Annotations.GetValueOrDefault("volume.beta.kubernetes.io/storage-class") ?? claim.Spec.StorageClassName ?? "";
        if (className.Length == 0 || objects.Get<StorageClass>("", className) is not { AllowVolumeExpansion: true })
        {
            throw attributes.Forbidden(
                "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize");
        }

        return default;
    }
}
