using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>What the first request to delete a definition makes of it: it stays until its objects are gone.</summary>
internal static class DefinitionDeletion
{
    public const string Finalizer = "customresourcecleanup.apiextensions.k8s.io";

    public static CustomResourceDefinition Mark(CustomResourceDefinition definition, TimeProvider time)
    {
        var marked = definition.DeepCopy();
        var metadata = marked.Own<ObjectMeta>(ApiObject.MetadataSlot);
        metadata.Slots[ObjectMeta.Fields.DeletionTimestamp] = ApiTime.Truncate(time.GetUtcNow());
        if (!definition.Metadata.Finalizers.Contains(Finalizer))
        {
            metadata.Set(ObjectMeta.Fields.Finalizers, definition.Metadata.Finalizers.Append(Finalizer).ToApiList());
        }

        marked.Own<CustomResourceDefinitionStatus>(CustomResourceDefinition.Fields.Status).Set(
            CustomResourceDefinitionStatus.Fields.Conditions,
            DefinitionConditions.With(
                definition.Status.Conditions,
                "Terminating",
                true,
                "InstanceDeletionPending",
                "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
                time.GetUtcNow()));
        return marked;
    }
}
