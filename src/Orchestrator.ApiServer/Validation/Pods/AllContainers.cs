using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>Every container of a pod with its path, in the order that upstream visits them: containers, init containers, ephemeral containers.</summary>
internal static class AllContainers
{
    public static IEnumerable<(Container Container, FieldPath Path)> Of(PodSpec spec, FieldPath path)
    {
        for (var i = 0; i < spec.Containers.Count; i++)
        {
            yield return (spec.Containers[i], path.Child("containers").Index(i));
        }

        for (var i = 0; i < spec.InitContainers.Count; i++)
        {
            yield return (spec.InitContainers[i], path.Child("initContainers").Index(i));
        }

        for (var i = 0; i < spec.EphemeralContainers.Count; i++)
        {
            // An ephemeral container has a container's slots, and one more.
            yield return (new Container(spec.EphemeralContainers[i].Slots), path.Child("ephemeralContainers").Index(i));
        }
    }
}
