using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies;

/// <summary>The status subresource: everything but status, and what metadata the kind lets through, stays as it was.</summary>
internal class StatusStrategy<T>(StatusMetadata keeps = StatusMetadata.None) : ResourceStrategy
    where T : ApiObject, IResourceObject<T>, new()
{
    private static readonly int StatusSlot = new T().TypeSchema.Find("status")?.Ordinal ?? -1;
    private static readonly StrategyFacts Facts = StrategyFacts.Of(T.Resource.Group, T.Resource.Resource);

    public override bool AllowUnconditionalUpdate => Facts.UnconditionalUpdate;

    public override string? DefaultDeletePropagation => Facts.DefaultDeletePropagation;

    /// <summary>Whether the kind's own rules compare metadata once more.</summary>
    protected virtual bool ComparesMetadataTwice => true;

    /// <summary>Whether finalizers without a domain must be those that Kubernetes knows.</summary>
    protected virtual bool ChecksFinalizers => true;

    public sealed override void PrepareForUpdate(ApiObject obj, ApiObject old, StrategyContext context)
    {
        for (var i = ApiObject.MetadataSlot + 1; i < obj.Slots.Length; i++)
        {
            if (i != StatusSlot)
            {
                obj.Slots[i] = old.Slots[i];
            }
        }

        var meta = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
        foreach (var slot in KeptSlots(keeps))
        {
            meta.Slots[slot] = old.Metadata.Slots[slot];
        }

        meta.Set(ObjectMeta.Fields.Generation, old.Metadata.Generation);
        Prepare((T)obj, (T)old, context);
    }

    public sealed override void ValidateUpdate(ApiObject obj, ApiObject old, FieldErrorList errors)
    {
        MetadataValidator.ValidateUpdate(
            obj.Metadata, old.Metadata, T.Resource.Namespaced, Formats.DnsSubdomain, ComparesMetadataTwice ? MetadataRounds.OfStatus : default, ChecksFinalizers, errors);
        Check((T)obj, (T)old, errors);
    }

    public sealed override void Canonicalize(ApiObject obj) => EmptyCollections.Remove(obj);

    protected virtual void Prepare(T obj, T old, StrategyContext context)
    {
    }

    protected virtual void Check(T obj, T old, FieldErrorList errors)
    {
    }

    private static ReadOnlySpan<int> KeptSlots(StatusMetadata keeps) => keeps switch
    {
        StatusMetadata.None => [],
        StatusMetadata.Labels => [ObjectMeta.Fields.Labels],
        StatusMetadata.OwnerReferences => [ObjectMeta.Fields.OwnerReferences, ObjectMeta.Fields.DeletionTimestamp],
        _ => [ObjectMeta.Fields.Labels, ObjectMeta.Fields.Annotations, ObjectMeta.Fields.Finalizers, ObjectMeta.Fields.OwnerReferences, ObjectMeta.Fields.DeletionTimestamp],
    };
}
