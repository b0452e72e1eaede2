using Orchestrator.Api.Discovery.V1;
using Orchestrator.Controllers.EndpointSlices;

namespace Orchestrator.Controllers.Tests.EndpointSlices;

public sealed class TrafficHintsTests
{
    [Theory]
    [InlineData("PreferSameNode", "z", "z", "n")]
    [InlineData("PreferSameNode", null, null, "n")]
    [InlineData("PreferSameZone", "z", "z", null)]
    [InlineData("PreferClose", null, null, null)]
    public void A_ready_endpoint_serves_its_own_node_or_zone_as_far_as_it_has_one(string distribution, string? zone, string? hintedZone, string? hintedNode)
    {
        var endpoints = new List<Endpoint>
        {
            new() { Addresses = ["10.0.0.1"], NodeName = "n", Zone = zone },
            new() { Addresses = ["10.0.0.2"], NodeName = "n", Zone = zone, Conditions = new() { Ready = false } },
        };

        TrafficHints.Apply(endpoints, distribution);

        Assert.Equal((hintedZone, hintedNode), (endpoints[0].Hints?.ForZones.FirstOrDefault()?.Name, endpoints[0].Hints?.ForNodes.FirstOrDefault()?.Name));
        Assert.Equal(hintedZone is null && hintedNode is null, endpoints[0].Hints is null);
        Assert.Null(endpoints[1].Hints);
    }
}
