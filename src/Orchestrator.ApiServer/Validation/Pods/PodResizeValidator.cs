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
            errors.Clear();
            errors.Forbidden(FieldPath.Root(""), "static pods cannot be resized");
            return;
        }

        if (old.Spec.Os?.Name == "windows")
        {
            errors.Clear();
            errors.Forbidden(FieldPath.Root(""), "windows pods cannot be resized");
            return;
        }

        var (spec, before) = (pod.Spec, old.Spec);
        if (spec.Containers.Count != before.Containers.Count || spec.InitContainers.Count != before.InitContainers.Count)
        {
            errors.Forbidden(FieldPath.Spec, "containers may not be added or removed on resize");
            return;
        }

        if (old.Status.QosClass.Length > 0 && qos(spec) != old.Status.QosClass)
        {
            errors.Invalid(FieldPath.Spec, pod.Status.QosClass, "Pod QOS Class may not change as a result of resizing");
        }

        // Upstream tells by the first running container whether the node's kubelet can resize at all.
        if (old.Status.ContainerStatuses.FirstOrDefault(static c => c.State.Running is not null) is { Resources: null })
        {
            errors.Forbidden(FieldPath.Spec, "Pod running on node without support for resize");
        }

        Removed(spec.InitContainers, before.InitContainers, "initContainers", errors);
        Removed(spec.Containers, before.Containers, "containers", errors);
        var containers = PutBack(spec.Containers, before.Containers);
        for (var i = 0; i < containers.Count; i++)
        {
            if (!Semantic.Equal(containers[i], before.Containers[i]))
            {
                errors.Forbidden(FieldPath.Spec, "only cpu and memory resources are mutable");
            }
        }

        var initContainers = PutBack(spec.InitContainers, before.InitContainers);
        for (var i = 0; i < initContainers.Count; i++)
        {
            if (!Semantic.Equal(initContainers[i], before.InitContainers[i]))
            {
                errors.Forbidden(FieldPath.Spec, before.InitContainers[i].RestartPolicy == "Always"
                    ? "only cpu and memory resources for sidecar containers are mutable"
                    : "only cpu and memory resources for init containers are mutable");
            }
        }

        if (errors.Count > 0)
        {
            return;
        }

        var munged = spec with { Containers = containers, InitContainers = initContainers };
        if (before.Resources is { } resources && spec.Resources is { } own)
        {
            munged = munged with { Resources = PutBack(own, resources) };
        }

        if (!Semantic.Equal(munged, before))
        {
            errors.Forbidden(FieldPath.Spec, "only cpu and memory resources are mutable");
        }
    }

    private static void Removed(ApiList<Container> containers, ApiList<Container> old, string field, FieldErrorList errors)
    {
        for (var i = 0; i < old.Count; i++)
        {
            if (containers[i].Name != old[i].Name)
            {
                errors.Forbidden(FieldPath.Spec.Child(field).Index(i).Child("name"), "containers may not be renamed or reordered on resize");
                continue;
            }

            var path = FieldPath.Spec.Child(field).Index(i).Child("resources");
            Check(old[i].Resources.Requests, containers[i].Resources.Requests, "requests", "resource requests cannot be removed");
            Check(old[i].Resources.Limits, containers[i].Resources.Limits, "limits", "resource limits cannot be removed");

            void Check(ApiMap<Quantity> before, ApiMap<Quantity> now, string kind, string text)
            {
                foreach (var (name, _) in before)
                {
                    if (!now.ContainsKey(name))
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
