using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>A new claim without a class gets the default class: the newest of those annotated so.</summary>
internal sealed class DefaultStorageClass(IObjectLister objects) : IMutatingAdmission
{
    private const string Annotation = "storageclass.kubernetes.io/is-default-class";
    private const string BetaAnnotation = "storageclass.beta.kubernetes.io/is-default-class";

    public string Name => "DefaultStorageClass";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation == AdmissionOperation.Create && subresource.Length == 0 && resource is { Group: "", Resource: "persistentvolumeclaims" };

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not PersistentVolumeClaim claim || claim.Spec.StorageClassName is not null
            || claim.Metadata.Annotations.ContainsKey("volume.beta.kubernetes.io/storage-class"))
        {
            return default;
        }

        var found = objects.List<StorageClass>("")
            .Where(static c => c.Metadata.Annotations.GetValueOrDefault(Annotation) == "true" || c.Metadata.Annotations.GetValueOrDefault(BetaAnnotation) == "true")
            .OrderByDescending(static c => c.Metadata.CreationTimestamp)
            .ThenBy(static c => c.Metadata.Name, StringComparer.Ordinal)
            .FirstOrDefault();
        if (found is not null)
        {
            claim.Own<PersistentVolumeClaimSpec>(PersistentVolumeClaim.Fields.Spec).Set(PersistentVolumeClaimSpec.Fields.StorageClassName, found.Metadata.Name);
        }

        return default;
    }
}
