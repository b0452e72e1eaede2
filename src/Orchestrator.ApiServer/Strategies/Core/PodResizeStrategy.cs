using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Strategies.Core;

/// <summary>pods/resize: cpu and memory of containers, in place.</summary>
internal sealed class PodResizeStrategy : ResourceStrategy
{
    public override void PrepareForUpdate(ApiObject obj, ApiObject old, StrategyContext context)
    {
        var (pod, before) = ((Pod)obj, (Pod)old);
        pod.Set(Pod.Fields.Status, before.Slots[Pod.Fields.Status]);
        var changed = !Semantic.Equal(pod.Spec, before.Spec);
        var meta = before.Metadata with { ResourceVersion = pod.Metadata.ResourceVersion, ManagedFields = pod.Metadata.ManagedFields };
        meta.Set(ObjectMeta.Fields.Generation, before.Metadata.Generation + (changed ? 1 : 0));
        pod.Set(ApiObject.MetadataSlot, meta);
    }

    public override void ValidateUpdate(ApiObject obj, ApiObject old, FieldErrorList errors) => PodResizeValidator.Validate((Pod)obj, (Pod)old, PodQos.Of, errors);
}
