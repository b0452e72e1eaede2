using System.Runtime.CompilerServices;
using Orchestrator.Network.Proxy;
using Orchestrator.Network.Services;
using Orchestrator.Network.Tests.Support;

namespace Orchestrator.Network.Tests.Proxy;

/// <summary>What Services become, word for word: <c>Golden/CASE.nft</c>. <c>UPDATE_GOLDEN=1</c> writes the files anew.</summary>
public sealed class ServiceRulesCompilerTests
{
    private static readonly ProxyOptions Options = new()
    {
        Table = "orchestrator-test", NodeName = "n1", ClusterCidrs = ["10.244.0.0/16"], LocalAddresses = ["10.96.0.10"],
    };

    [Theory]
    [InlineData("cluster-ip")]
    [InlineData("affinity")]
    [InlineData("load-balancer-local")]
    [InlineData("no-endpoints")]
    [InlineData("cluster-dns")]
    public void Service_becomes_the_rules_of_its_golden_file(string name)
    {
        var script = new ProxyState(Options).Apply([State(Case(name))]).Script();
        var path = Path.Combine(Directory(), "Golden", $"{name}.nft");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, script);
        }

        Assert.Equal(File.ReadAllText(path), script);
    }

    [Fact]
    public void Changed_endpoint_costs_one_chain_and_one_element()
    {
        var service = Sample.Service("web", "default", "10.96.0.7");
        var state = new ProxyState(Options);
        state.Apply([State((service, [Sample.Endpoint("10.244.1.1", "n2"), Sample.Endpoint("10.244.1.2", "n2")]))]);

        var lines = state.Apply([State((service, [Sample.Endpoint("10.244.1.2", "n2"), Sample.Endpoint("10.244.1.3", "n2")]))]).Script().Split('\n');

        Assert.Equal(
            ["add chain", "add rule", "delete element", "add element", "flush chain", "delete chain", ""],
            lines.Select(line => string.Join(' ', line.Split(' ').Take(2))));
    }

    [Fact]
    public void Repeated_state_is_no_change()
    {
        var state = new ProxyState(Options);
        var web = State((Sample.Service("web", "default", "10.96.0.7"), [Sample.Endpoint("10.244.1.1")]));
        state.Apply([web]);

        Assert.True(state.Apply([web]).IsEmpty);
    }

    [Theory]
    [InlineData("a", true, "10.244.1.1")]
    [InlineData("b", true, "10.244.1.2")]
    [InlineData("c", true, "10.244.1.1 10.244.1.2")] // No endpoint is meant for the zone.
    [InlineData("a", false, "10.244.1.1 10.244.1.2")] // Not all have hints.
    [InlineData("", true, "10.244.1.1 10.244.1.2")]
    public void Zone_hints_narrow_the_choice_if_all_endpoints_have_them(string zone, bool all, string expected)
    {
        var service = Sample.Service("web", "default", "10.96.0.7");
        var slice = Sample.Slice(
            service,
            Sample.Endpoint("10.244.1.1") with { ForZones = ["a"] },
            Sample.Endpoint("10.244.1.2") with { ForZones = all ? ["b"] : [] });

        var chosen = PortEndpoints.Choose(new ServiceState(service, [slice], zone), service.Ports[0], Options);

        Assert.Equal(expected, string.Join(' ', chosen.Cluster.Select(endpoint => endpoint.Address)));
    }

    private static (ServiceInfo Service, EndpointInfo[] Endpoints) Case(string name)
    {
        var service = Sample.Service("web", "default", "10.96.0.7");
        EndpointInfo[] two = [Sample.Endpoint("10.244.1.1"), Sample.Endpoint("10.244.2.2", node: "n2")];
        return name switch
        {
            "cluster-ip" => (service, two),
            "affinity" => (service with { AffinityTimeout = TimeSpan.FromHours(3) }, two),
            "load-balancer-local" => (service with
            {
                ExternalTrafficLocal = true,
                LoadBalancerIPs = ["203.0.113.2"],
                LoadBalancerSourceRanges = ["198.51.100.0/24"],
                ExternalIPs = ["203.0.113.9"],
                Ports = [new ServicePortInfo("http", TransportProtocol.Tcp, 80, 30080)],
            }, two),
            "no-endpoints" => (service with { Ports = [new ServicePortInfo("", TransportProtocol.Udp, 53, 30053)] }, []),
            "cluster-dns" => (service with { ClusterIPs = ["10.96.0.10"] }, []),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
        };
    }

    private static KeyValuePair<ServiceKey, ServiceState?> State((ServiceInfo Service, EndpointInfo[] Endpoints) of) =>
        new(of.Service.Key, new ServiceState(of.Service, [Sample.Slice(of.Service, of.Endpoints)], ""));

    private static string Directory([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
