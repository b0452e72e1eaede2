using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>What a resize may change: amounts of cpu and memory that were there before, without changing the class of service.</summary>
internal static class PodResizeValidator
{
    public static void Validate(Pod pod, Pod old, Func<PodSpec, string> qos, FieldErrorList errors)
    {
        PodValidator.MetadataAndSpec(pod, errors);
        if (old.Metadata.Annotations.ContainsKey("kubernetes.io/config.mirror"))
        {
            errors.Forbidden(FieldPath.Root(""), "static pods cannot be resized");
            return;
        }

        if (old.Spec.Os?.Name == "windows")
        {
            errors.Forbidden(FieldPath.Root(""), "windows pods cannot be resized");
            return;
        }

        var (spec, before) = (pod.Spec, old.Spec);
        if (spec.Containers.Count != before.Containers.Count || spec.InitContainers.Count != before.InitContainers.Count)
        {
            errors.Forbidden(FieldPath.Spec, "containers may not be added or removed on resize");
            return;
        }

        if (qos(spec) is var now && old.Status.QosClass.Length > 0 && now != old.Status.QosClass)
        {
            errors.Invalid(FieldPath.Spec, now, "Pod QOS Class may not change as a result of resizing");
        }

        Removed(spec.Containers, before.Containers, "containers", errors);
        Removed(spec.InitContainers, before.InitContainers, "initContainers", errors);
        var munged = spec with { Containers = PutBack(spec.Containers, before.Containers), InitContainers = PutBack(spec.InitContainers, before.InitContainers) };
        if (before.Resources is { } resources && spec.Resources is { } own)
        {
            munged = munged with { Resources = PutBack(own, resources) };
        }

        if (!Semantic.Equal(munged, before))
        {
            errors.Forbidden(FieldPath.Spec, "only cpu and memory resources are mutable\n" + UnifiedDiff.Of(before, munged));
        }
    }

    private static void Removed(ApiList<Container> containers, ApiList<Container> old, string field, FieldErrorList errors)
    {
        for (var i = 0; i < old.Count; i++)
        {
            var path = FieldPath.Spec.Child(field).Index(i).Child("resources");
            Check(old[i].Resources.Requests, containers[i].Resources.Requests, "requests", "resource requests cannot be removed");
            Check(old[i].Resources.Limits, containers[i].Resources.Limits, "limits", "resource limits cannot be removed");

            void Check(ApiMap<Quantity> before, ApiMap<Quantity> now, string kind, string text)
            {
                foreach (var (name, _) in before)
                {
                    if (name is "cpu" or "memory" && !now.ContainsKey(name))
                    {
                        errors.Forbidden(path, kind, text);
                        return;
                    }
                }
            }
        }
    }

    private static ApiList<Container> PutBack(ApiList<Container> containers, ApiList<Container> old) =>
        containers.Select((c, i) => c with { Resources = PutBack(c.Resources, old[i].Resources) }).ToApiList();

    private static ResourceRequirements PutBack(ResourceRequirements resources, ResourceRequirements old) =>
        resources with { Requests = PutBack(resources.Requests, old.Requests), Limits = PutBack(resources.Limits, old.Limits) };

    private static ApiMap<Quantity> PutBack(ApiMap<Quantity> amounts, ApiMap<Quantity> old)
    {
        foreach (var name in (ReadOnlySpan<string>)["cpu", "memory"])
        {
            amounts = old.TryGetValue(name, out var before) ? amounts.With(name, before) : amounts.Without(name);
        }

        return amounts;
    }
}
