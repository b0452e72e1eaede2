using Orchestrator.Api;

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
}
