using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

/// <summary>namespaces/finalize: the finalizers of the spec alone change.</summary>
internal sealed class NamespaceFinalizeStrategy : ResourceStrategy
{
    public override void PrepareForUpdate(ApiObject obj, ApiObject old, StrategyContext context)
    {
        obj.Slots[Namespace.Fields.Status] = old.Slots[Namespace.Fields.Status];
        obj.Own<ObjectMeta>(ApiObject.MetadataSlot).Set(ObjectMeta.Fields.Generation, old.Metadata.Generation);
    }

    public override void ValidateUpdate(ApiObject obj, ApiObject old, FieldErrorList errors)
    {
        MetadataValidator.ValidateUpdate(obj.Metadata, old.Metadata, namespaced: false, Formats.DnsLabel, MetadataRounds.OfStatus, checksFinalizers: true, errors);
        NamespaceStrategy.Finalizers((Namespace)obj, static (list, index) => list.Index(index), errors);
    }
}
