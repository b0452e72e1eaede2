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
        pod.Set(Pod.Fields.Spec, Resized(pod.Spec, before.Spec));
        var changed = !Semantic.Equal(pod.Spec, before.Spec);
        var meta = before.Metadata with { ResourceVersion = pod.Metadata.ResourceVersion, ManagedFields = pod.Metadata.ManagedFields };
        meta.Set(ObjectMeta.Fields.Generation, before.Metadata.Generation + (changed ? 1 : 0));
        pod.Set(ApiObject.MetadataSlot, meta);
    }

    /// <summary>Of what was sent only resources and resize policies count; containers that come, go or change places are left for validation to refuse.</summary>
    private static PodSpec Resized(PodSpec spec, PodSpec old) =>
        !SameNames(spec.Containers, old.Containers) || !SameNames(spec.InitContainers, old.InitContainers)
            ? spec
            : old with { Containers = Resized(spec.Containers, old.Containers), InitContainers = Resized(spec.InitContainers, old.InitContainers), Resources = spec.Resources };

    private static bool SameNames(ApiList<Container> containers, ApiList<Container> old) =>
        containers.Count == old.Count && containers.Select((c, i) => c.Name == old[i].Name).All(static same => same);

    private static ApiList<Container> Resized(ApiList<Container> containers, ApiList<Container> old) =>
        containers.Select((c, i) => old[i] with { Resources = c.Resources, ResizePolicy = c.ResizePolicy }).ToApiList();

    public override void ValidateUpdate(ApiObject obj, ApiObject old, FieldErrorList errors) => PodResizeValidator.Validate((Pod)obj, (Pod)old, PodQos.Of, errors);
}
