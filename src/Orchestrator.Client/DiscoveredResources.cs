using Orchestrator.Api;
using Orchestrator.Api.ApiDiscovery.V2;

namespace Orchestrator.Client;

/// <summary>What a server offers.</summary>
/// <param name="Resources">One per resource, in the preferred version.</param>
/// <param name="FailedGroupVersions">Group versions that did not answer.</param>
public sealed record DiscoveredResources(IReadOnlyList<ResourceInfo> Resources, IReadOnlyList<string> FailedGroupVersions)
{
    /// <summary>The resource of a kind in a group, whatever the version; null if it is not served.</summary>
    public ResourceInfo? Find(string group, string kind)
    {
        foreach (var resource in Resources)
        {
            if (resource.Kind == kind && resource.Group == group)
            {
                return resource;
            }
        }

        return null;
    }

    /// <summary>A resource of an aggregated discovery document.</summary>
    public static ResourceInfo InfoOf(string group, string version, APIResourceDiscovery resource) => new()
    {
        Group = group,
        Version = version,
        Resource = resource.Resource,
        Singular = resource.SingularResource,
        Kind = resource.ResponseKind?.Kind ?? "",
        Namespaced = resource.Scope == "Namespaced",
        Verbs = [.. resource.Verbs],
        ShortNames = [.. resource.ShortNames],
        Categories = [.. resource.Categories],
        Subresources = resource.Subresources
            .Select(static s => new SubresourceInfo(
                s.Subresource,
                s.ResponseKind is { Group.Length: > 0 } kind ? kind.Group + "/" + kind.Version : s.ResponseKind?.Version ?? "",
                s.ResponseKind?.Kind ?? "",
                [.. s.Verbs]))
            .ToArray(),
    };
}
