using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Admission;

/// <summary>Which kind the object of a request is: the resource's, or that of a subresource with a kind of its own (Scale, Binding, PodExecOptions).</summary>
internal static class RequestKinds
{
    public static GroupVersionKind Of(ResourceInfo resource, string subresource)
    {
        if (Foreign(resource, subresource) is not { } own)
        {
            return new GroupVersionKind { Group = resource.Group, Version = resource.Version, Kind = resource.Kind };
        }

        var apiVersion = own.KindApiVersion.Length > 0 ? own.KindApiVersion : resource.ApiVersion;
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return new GroupVersionKind { Group = slash < 0 ? "" : apiVersion[..slash], Version = apiVersion[(slash + 1)..], Kind = own.Kind };
    }

    /// <summary>Whether requests to a subresource are about the resource's own kind, which may have several versions.</summary>
    public static bool IsOwn(ResourceInfo resource, string subresource) => Foreign(resource, subresource) is null;

    private static SubresourceInfo? Foreign(ResourceInfo resource, string subresource)
    {
        if (subresource.Length == 0)
        {
            return null;
        }

        foreach (var candidate in resource.Subresources)
        {
            if (candidate.Name == subresource)
            {
                return candidate.Kind == resource.Kind && candidate.KindApiVersion.Length == 0 ? null : candidate;
            }
        }

        return null;
    }
}
