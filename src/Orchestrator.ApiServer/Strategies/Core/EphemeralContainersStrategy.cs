using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Strategies.Core;

/// <summary>pods/ephemeralcontainers: nothing but these changes.</summary>
internal sealed class EphemeralContainersStrategy : ResourceStrategy
{
    public override void PrepareForUpdate(ApiObject obj, ApiObject old, StrategyContext context)
    {
        var (pod, before) = ((Pod)obj, (Pod)old);
        var spec = before.Spec with { EphemeralContainers = pod.Spec.EphemeralContainers };
        var changed = !Semantic.Equal(spec, before.Spec);
        pod.Set(Pod.Fields.Spec, spec);
        pod.Set(Pod.Fields.Status, before.Slots[Pod.Fields.Status]);
        var meta = before.Metadata with { ResourceVersion = pod.Metadata.ResourceVersion, ManagedFields = pod.Metadata.ManagedFields };
        meta.Set(ObjectMeta.Fields.Generation, before.Metadata.Generation + (changed ? 1 : 0));
        pod.Set(ApiObject.MetadataSlot, meta);
    }

    public override void ValidateUpdate(ApiObject obj, ApiObject old, FieldErrorList errors) => PodUpdateValidator.EphemeralContainers((Pod)obj, (Pod)old, errors);

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context) => PodWarnings.ForPod((Pod)obj, (Pod?)old, context.Warnings);
}
