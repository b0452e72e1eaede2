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
                    // What it once had may be there no more.
                    failed.Add(group.Metadata.Name.Length == 0 ? version.Version : group.Metadata.Name + "/" + version.Version);
                    continue;
                }

                // Versions come in order of preference, so the first that has a resource wins.
                foreach (var resource in version.Resources)
                {
                    if (seen.Add(resource.Resource))
                    {
                        resources.Add(DiscoveredResources.InfoOf(group.Metadata.Name, version.Version, resource));
                    }
                }
            }
        }
    }
}
