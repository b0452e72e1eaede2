using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.ApiDiscovery.V2;
using Orchestrator.Api.Json;

namespace Orchestrator.Client;

/// <summary>Resources from the two aggregated discovery documents.</summary>
internal static class DiscoveryDecoder
{
    public static ApiResult<DiscoveredResources> Decode(ReadOnlySpan<byte> core, ReadOnlySpan<byte> groups)
    {
        try
        {
            var resources = new List<ResourceInfo>();
            var failed = new List<string>();
            Collect((APIGroupDiscoveryList)ApiJson.Read(APIGroupDiscoveryList.ApiType, core), resources, failed);
            Collect((APIGroupDiscoveryList)ApiJson.Read(APIGroupDiscoveryList.ApiType, groups), resources, failed);
            return new DiscoveredResources(resources, failed);
        }
        catch (Exception e) when (e is JsonException or ApiDecodeException)
        {
            return ClientStatus.UnreachableBecause($"the discovery document could not be read: {e.Message}");
        }
    }

    private static void Collect(APIGroupDiscoveryList list, List<ResourceInfo> resources, List<string> failed)
    {
        foreach (var group in list.Items)
        {
            var seen = new HashSet<string>();
            foreach (var version in group.Versions)
            {
                if (version.Freshness == "Stale")
                {
                    failed.Add(group.Metadata.Name.Length == 0 ? version.Version : group.Metadata.Name + "/" + version.Version);
                }

                // Versions come in order of preference, so the first that has a resource wins.
                foreach (var resource in version.Resources)
                {
                    if (seen.Add(resource.Resource))
                    {
                        resources.Add(Info(group.Metadata.Name, version.Version, resource));
                    }
                }
            }
        }
    }

    private static ResourceInfo Info(string group, string version, APIResourceDiscovery resource) => new()
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
