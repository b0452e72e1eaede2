using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Controllers.EndpointSlices;

namespace Orchestrator.Controllers.Tests.EndpointSlices;

public sealed class TopologyHintsTests
{
    private static readonly ObjectKey Key = new("d", "s");
    private readonly TopologyHints _hints = new();

    public TopologyHintsTests() => _hints.SetNodes([Node("a", "2"), Node("b", "2")]);

    [Fact]
    public void Each_endpoint_serves_its_own_zone_while_the_shares_are_right()
    {
        var (zones, told) = Apply("a", "b", "a", "b");
        Assert.Equal(["a", "b", "a", "b"], zones);
        Assert.Equal(("Normal", "TopologyAwareHintsEnabled", "Topology Aware Hints has been enabled, addressType: IPv4"), (told!.Type, told.Reason, told.Message));
        Assert.Null(Apply("a", "b", "a", "b").Told);
    }

    [Fact]
    public void A_zone_with_more_than_its_share_gives() => Assert.Equal(["b", "a", "a", "b"], Apply("a", "a", "a", "b").Zones);

    [Fact]
    public void With_fewer_endpoints_than_zones_there_are_no_hints()
    {
        var (zones, told) = Apply("a");
        Assert.Equal(["none"], zones);
        Assert.Equal("Insufficient number of endpoints (1 endpoints, 2 zones), addressType: IPv4", told!.Message);
    }

    [Fact]
    public void An_uneven_number_cannot_be_shared_out() =>
        Assert.Equal("Minimum allocation required per zone exceeds overload threshold (3 endpoints, 2 zones), addressType: IPv4", Apply("a", "b", "b").Told!.Message);

    [Fact]
    public void Nodes_without_a_zone_are_not_known_well_enough()
    {
        Apply("a", "b");
        Assert.Equal([Key], _hints.SetNodes([Node("a", "2"), Node("", "2")]));
        Assert.StartsWith("Insufficient Node information: ", Apply("a", "b").Told!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_asks_no_more_is_told()
    {
        Apply("a", "b");
        Assert.Equal("Topology Aware Hints has been disabled, addressType: IPv4", _hints.Forget(Key, "IPv4")!.Message);
        Assert.Null(_hints.Forget(Key, "IPv4"));
    }

    private (IReadOnlyList<string> Zones, HintsEvent? Told) Apply(params string[] zones)
    {
        var plan = new SlicePlan();
        plan.Create.Add(new EndpointSlice { Endpoints = [.. zones.Select(static z => new Endpoint { Zone = z, Conditions = new() { Ready = true } })] });
        var told = _hints.Apply(Key, "IPv4", plan, []);
        return ([.. plan.Create[0].Endpoints.Select(static e => e.Hints?.ForZones[0].Name ?? "none")], told);
    }

    private static Node Node(string zone, string cpu) => new()
    {
        Metadata = new() { Name = "n-" + zone, Labels = ApiMap<string>.Empty.With("topology.kubernetes.io/zone", zone) },
        Status = new() { Allocatable = ApiMap<Quantity>.Empty.With("cpu", Quantity.Parse(cpu)), Conditions = [new() { Type = "Ready", Status = "True" }] },
    };
}
