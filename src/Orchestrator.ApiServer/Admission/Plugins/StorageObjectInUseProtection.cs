using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>Claims, volumes and attributes classes get the finalizer that keeps them while they are used.</summary>
internal sealed class StorageObjectInUseProtection : IMutatingAdmission
{
    public string Name => "StorageObjectInUseProtection";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation == AdmissionOperation.Create && subresource.Length == 0 && FinalizerOf(resource) is not null;

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is ApiObject obj && FinalizerOf(attributes.Resource) is { } finalizer && !obj.Metadata.Finalizers.Contains(finalizer))
        {
            obj.Own<ObjectMeta>(ApiObject.MetadataSlot).Set(ObjectMeta.Fields.Finalizers, (ApiList<string>)[.. obj.Metadata.Finalizers, finalizer]);
        }

        return default;
    }

    private static string? FinalizerOf(ResourceInfo resource) => resource switch
    {
        { Group: "", Resource: "persistentvolumeclaims" } => "kubernetes.io/pvc-protection",
        { Group: "", Resource: "persistentvolumes" } => "kubernetes.io/pv-protection",
        { Group: "storage.k8s.io", Resource: "volumeattributesclasses" } => "kubernetes.io/vac-protection",
        _ => null,
    };
}
