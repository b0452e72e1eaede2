using Orchestrator.Api.Discovery.V1;

namespace Orchestrator.Controllers.EndpointSlices;

/// <summary>Hints for <c>spec.trafficDistribution</c>: each endpoint serves its own zone, and with PreferSameNode its own node.</summary>
internal static class TrafficHints
{
    public static void Apply(List<Endpoint> endpoints, string distribution)
    {
        if (distribution is not ("PreferClose" or "PreferSameZone" or "PreferSameNode"))
        {
            return;
        }

        for (var i = 0; i < endpoints.Count; i++)
        {
            var endpoint = endpoints[i];
            if (endpoint.Conditions.Ready == false)
            {
                continue;
            }

            // Nodes without zones have names all the same.
            var hints = new EndpointHints();
            if (endpoint.Zone is { } zone)
            {
                hints = hints with { ForZones = [new() { Name = zone }] };
            }

            if (distribution == "PreferSameNode" && endpoint.NodeName is { } node)
            {
                hints = hints with { ForNodes = [new() { Name = node }] };
            }

            if (hints.ForZones.Count > 0 || hints.ForNodes.Count > 0)
            {
                endpoints[i] = endpoint with { Hints = hints };
            }
        }
    }
}
