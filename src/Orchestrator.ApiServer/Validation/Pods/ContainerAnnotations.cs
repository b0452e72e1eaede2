using Orchestrator.Api;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>Annotations of a pod that name a container behind a prefix, from before containers had fields for it.</summary>
internal static class ContainerAnnotations
{
    /// <summary>Whether there is one. Asked before each container's key is put together: pods with annotations are many, these are few.</summary>
    public static bool Any(ApiMap<string> annotations, string prefix)
    {
        for (var i = 0; i < annotations.Count; i++)
        {
            if (annotations.KeyAt(i).StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
