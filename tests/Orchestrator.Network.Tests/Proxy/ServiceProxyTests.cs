using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Network.Commands;
using Orchestrator.Network.Proxy;
using Orchestrator.Network.Services;
using Orchestrator.Network.Tests.Support;

namespace Orchestrator.Network.Tests.Proxy;

/// <summary>Real packets through real rules, in namespaces.</summary>
public sealed class ServiceProxyTests : IAsyncLifetime
{
    private const string A = "10.244.0.11";
    private const string B = "10.244.0.12";
    private const string ClusterIP = "10.96.0.7";
    private const int NodePort = 30080;

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(400);

    private readonly ServiceCatalog _catalog = new();
    private readonly ManualTimeProvider _time = new();
    private CancellationTokenSource _stopping = new();
    private TestNode _node = null!;
    private ServiceProxy _proxy = null!;
    private HealthCheckServers _health = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _node = await TestNode.CreateAsync(A, B);
        await _node.ServeTcpAsync(A, 8080);
        await _node.ServeTcpAsync(B, 8080);
        _catalog.Replace(new CatalogContent("", [], [], []));
        Start();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Cluster_ip_reaches_every_endpoint_from_pods_and_from_the_node()
    {
        await GivenAsync(Sample.Service("web", "default", ClusterIP), Sample.Endpoint(A), Sample.Endpoint(B));

        Assert.Equal([A, B], await ServersAsync(_node.Node, ClusterIP, 80));
        Assert.Equal([A, B], await ServersAsync(_node.Pod(A), ClusterIP, 80)); // Itself included: hairpin.
        Assert.Equal([A, B], await ServersAsync(_node.Client, ClusterIP, 80));
    }

    [Fact]
    public async Task Pods_keep_their_address_within_the_cluster_and_others_are_masqueraded()
    {
        await GivenAsync(Sample.Service("web", "default", ClusterIP), Sample.Endpoint(B));

        Assert.Equal($"{B} {A}", await TestNode.ConnectAsync(_node.Pod(A), ClusterIP, 80));
        Assert.Equal($"{B} 10.244.0.1", await TestNode.ConnectAsync(_node.Client, ClusterIP, 80));
        Assert.Equal($"{B} 10.244.0.1", await TestNode.ConnectAsync(_node.Pod(B), ClusterIP, 80));
    }

    [Fact]
    public async Task Service_without_endpoints_refuses_and_an_unknown_port_of_a_cluster_ip_too()
    {
        await GivenAsync(Sample.Service("web", "default", ClusterIP) with { Ports = [new ServicePortInfo("http", TransportProtocol.Tcp, 80, NodePort)] });

        Assert.Equal("ConnectionRefused", await TestNode.ConnectAsync(_node.Pod(A), ClusterIP, 80));
        Assert.Equal("ConnectionRefused", await TestNode.ConnectAsync(_node.Node, ClusterIP, 80));
        Assert.Equal("ConnectionRefused", await TestNode.ConnectAsync(_node.Client, TestNode.NodeAddress, NodePort));

        await GivenAsync(Sample.Service("web", "default", ClusterIP), Sample.Endpoint(A));
        Assert.Equal("ConnectionRefused", await TestNode.ConnectAsync(_node.Pod(B), ClusterIP, 81));
        Assert.Equal("ConnectionRefused", await TestNode.ConnectAsync(_node.Node, ClusterIP, 81));
    }

    [Fact]
    public async Task Node_port_external_ip_and_load_balancer_ip_reach_endpoints_from_outside()
    {
        await _node.Client.IpAsync("route", "add", "203.0.113.0/24", "via", TestNode.NodeAddress);
        await GivenAsync(External() with { ExternalIPs = ["203.0.113.1"], LoadBalancerIPs = ["203.0.113.2"] }, Sample.Endpoint(A), Sample.Endpoint(B, node: "n2"));

        Assert.Equal([A, B], await ServersAsync(_node.Client, TestNode.NodeAddress, NodePort));
        Assert.Equal([A, B], await ServersAsync(_node.Client, "203.0.113.1", 80));
        Assert.Equal([A, B], await ServersAsync(_node.Client, "203.0.113.2", 80));
        Assert.Equal([A, B], await ServersAsync(_node.Node, TestNode.NodeAddress, NodePort));
        Assert.EndsWith(" 10.244.0.1", await TestNode.ConnectAsync(_node.Client, TestNode.NodeAddress, NodePort), StringComparison.Ordinal);
    }

    [Fact]
    public async Task External_policy_local_keeps_the_clients_address_and_stays_on_the_node()
    {
        await GivenAsync(External() with { ExternalTrafficLocal = true }, Sample.Endpoint(A), Sample.Endpoint(B, node: "n2"));

        for (var i = 0; i < 8; i++)
        {
            Assert.Equal($"{A} {TestNode.ClientAddress}", await TestNode.ConnectAsync(_node.Client, TestNode.NodeAddress, NodePort));
        }

        Assert.Equal([A, B], await ServersAsync(_node.Pod(A), TestNode.NodeAddress, NodePort)); // A pod may go anywhere.

        await GivenAsync(External() with { ExternalTrafficLocal = true }, Sample.Endpoint(B, node: "n2"));
        Assert.Equal("silence", await TestNode.ConnectAsync(_node.Client, TestNode.NodeAddress, NodePort, Short));
        Assert.Equal([B], await ServersAsync(_node.Node, TestNode.NodeAddress, NodePort));
    }

    [Fact]
    public async Task Internal_policy_local_stays_on_the_node_or_is_dropped()
    {
        var service = Sample.Service("web", "default", ClusterIP) with { InternalTrafficLocal = true };
        await GivenAsync(service, Sample.Endpoint(A), Sample.Endpoint(B, node: "n2"));
        Assert.Equal([A], await ServersAsync(_node.Pod(B), ClusterIP, 80));

        await GivenAsync(service, Sample.Endpoint(B, node: "n2"));
        Assert.Equal("silence", await TestNode.ConnectAsync(_node.Pod(A), ClusterIP, 80, Short));
    }

    [Fact]
    public async Task Client_with_affinity_sticks_to_its_endpoint_until_it_is_gone()
    {
        var service = Sample.Service("web", "default", ClusterIP) with { AffinityTimeout = TimeSpan.FromHours(3) };
        await GivenAsync(service, Sample.Endpoint(A), Sample.Endpoint(B));

        var first = Assert.Single(await ServersAsync(_node.Client, ClusterIP, 80));
        var other = first == A ? B : A;
        await GivenAsync(service, Sample.Endpoint(other));
        Assert.Equal([other], await ServersAsync(_node.Client, ClusterIP, 80));

        await GivenAsync(service, Sample.Endpoint(A), Sample.Endpoint(B));
        Assert.Equal([other], await ServersAsync(_node.Client, ClusterIP, 80));
    }

    [Fact]
    public async Task Endpoint_that_comes_back_has_forgotten_its_clients()
    {
        var service = Sample.Service("web", "default", ClusterIP) with { AffinityTimeout = TimeSpan.FromHours(3) };
        foreach (var (gone, next) in ((string, string)[])[(A, B), (B, A)])
        {
            await GivenAsync(service, Sample.Endpoint(gone));
            Assert.Equal([gone], await ServersAsync(_node.Client, ClusterIP, 80));
            await GivenAsync(service, Sample.Endpoint(next));
            Assert.Equal([next], await ServersAsync(_node.Client, ClusterIP, 80));

            await GivenAsync(service, Sample.Endpoint(A), Sample.Endpoint(B));
            Assert.Equal([next], await ServersAsync(_node.Client, ClusterIP, 80));
        }
    }

    [Fact]
    public async Task Terminating_endpoints_serve_only_while_nobody_is_ready()
    {
        var service = Sample.Service("web", "default", ClusterIP);
        await GivenAsync(service, Sample.Endpoint(A) with { Ready = false, Terminating = true }, Sample.Endpoint(B));
        Assert.Equal([B], await ServersAsync(_node.Client, ClusterIP, 80));

        await GivenAsync(service, Sample.Endpoint(A) with { Ready = false, Terminating = true }, Sample.Endpoint(B, ready: false));
        Assert.Equal([A], await ServersAsync(_node.Client, ClusterIP, 80));
    }

    [Fact]
    public async Task Withdrawn_pod_gets_nothing_new_before_the_api_says_so()
    {
        await GivenAsync(Sample.Service("web", "default", ClusterIP), Sample.Endpoint(A), Sample.Endpoint(B));

        _catalog.Withdraw($"uid-{A}");
        await _proxy.WhenAppliedAsync();

        Assert.Equal([B], await ServersAsync(_node.Client, ClusterIP, 80));
    }

    [Fact]
    public async Task Source_ranges_of_a_load_balancer_shut_others_out()
    {
        await _node.Client.IpAsync("route", "add", "203.0.113.0/24", "via", TestNode.NodeAddress);
        var service = External() with { LoadBalancerIPs = ["203.0.113.2"] };

        await GivenAsync(service with { LoadBalancerSourceRanges = ["198.51.100.0/24"] }, Sample.Endpoint(A));
        Assert.Equal("silence", await TestNode.ConnectAsync(_node.Client, "203.0.113.2", 80, Short));

        await GivenAsync(service with { LoadBalancerSourceRanges = ["198.51.100.0/24", "192.168.77.0/24", "192.168.0.0/16"] }, Sample.Endpoint(A));
        Assert.Equal([A], await ServersAsync(_node.Client, "203.0.113.2", 80));
    }

    [Fact]
    public async Task Datagrams_of_a_client_that_never_pauses_move_on_when_their_endpoint_goes()
    {
        await _node.ServeUdpAsync(A, 5353);
        await _node.ServeUdpAsync(B, 5353);
        var service = Sample.Service("dns", "default", ClusterIP) with { Ports = [new ServicePortInfo("dns", TransportProtocol.Udp, 53, 30053)] };
        EndpointSliceInfo Slice(params EndpointInfo[] endpoints) =>
            Sample.Slice(service, endpoints) with { Ports = [new EndpointPortInfo("dns", TransportProtocol.Udp, 5353)] };

        // 1. Nobody is there: refused, and not remembered.
        await GivenAsync(service, Slice());
        using var client = await TestNode.DatagramsAsync(_node.Client, ClusterIP, 53);
        using var outside = await TestNode.DatagramsAsync(_node.Client, TestNode.NodeAddress, 30053);
        Assert.Equal("ConnectionRefused", await TestNode.ExchangeAsync(client));

        // 2. One comes, and is replaced by another, under the same client's port.
        await GivenAsync(service, Slice(Sample.Endpoint(A)));
        Assert.Equal(A, await TestNode.ExchangeAsync(client));
        Assert.Equal(A, await TestNode.ExchangeAsync(outside));
        await GivenAsync(service, Slice(Sample.Endpoint(B)));
        Assert.Equal(B, await TestNode.ExchangeAsync(client));
        Assert.Equal(B, await TestNode.ExchangeAsync(outside));

        // 3. The same while the proxy is away.
        await StopAsync();
        _catalog.Set(Slice(Sample.Endpoint(A)));
        Assert.Equal(B, await TestNode.ExchangeAsync(client));
        Start();
        await _proxy.WhenAppliedAsync();
        Assert.Equal(A, await TestNode.ExchangeAsync(client));
    }

    [Fact]
    public async Task Rules_stay_while_the_proxy_is_away_and_a_restart_changes_nothing_that_is_right()
    {
        await GivenAsync(External() with { AffinityTimeout = TimeSpan.FromHours(1) }, Sample.Endpoint(A), Sample.Endpoint(B));
        await StopAsync();
        var before = await _node.Node.RunAsync("nft", "-a", "-s", "list", "table", "ip", "orchestrator-test");
        Assert.Single(await ServersAsync(_node.Client, ClusterIP, 80));

        Start();
        await _proxy.WhenAppliedAsync();

        var after = await _node.Node.RunAsync("nft", "-a", "-s", "list", "table", "ip", "orchestrator-test");
        Assert.Equal(Rules(before), Rules(after)); // Handles included: nothing was made anew.

        static IEnumerable<string> Rules(string text) => text.Split('\n').Where(line => !line.Contains("expires") && !line.Contains("elements"));
    }

    [Fact]
    public async Task Table_that_somebody_flushed_comes_back()
    {
        await GivenAsync(Sample.Service("web", "default", ClusterIP), Sample.Endpoint(A));
        await _node.Node.RunAsync("nft", "flush", "ruleset");

        // The flush is noticed at the next look, or by the next change, whichever is first.
        await GivenAsync(Sample.Service("web", "default", ClusterIP), Sample.Endpoint(B));

        Assert.Equal([B], await ServersAsync(_node.Client, ClusterIP, 80));
    }

    [Fact]
    public async Task Service_that_the_kernel_refuses_keeps_no_other_from_being_served()
    {
        await GivenAsync(Sample.Service("bad name", "default", "10.96.0.8"), Sample.Endpoint(B));
        await GivenAsync(Sample.Service("web", "default", ClusterIP), Sample.Endpoint(A));

        Assert.Equal([A], await ServersAsync(_node.Client, ClusterIP, 80));
    }

    [Fact]
    public async Task Two_services_that_want_the_same_address_take_turns_in_order_of_their_names()
    {
        await _node.Client.IpAsync("route", "add", "203.0.113.0/24", "via", TestNode.NodeAddress);
        var first = Sample.Service("a", "default", ClusterIP) with { ExternalIPs = ["203.0.113.1"] };
        var second = Sample.Service("b", "default", "10.96.0.8") with { ExternalIPs = ["203.0.113.1"] };
        await GivenAsync(second, Sample.Endpoint(B));
        await GivenAsync(first, Sample.Endpoint(A));
        Assert.Equal([A], await ServersAsync(_node.Client, "203.0.113.1", 80));

        _catalog.RemoveService(first.Key);
        await _proxy.WhenAppliedAsync();
        Assert.Equal([B], await ServersAsync(_node.Client, "203.0.113.1", 80));
    }

    [Fact]
    public async Task No_connection_fails_while_endpoints_come_and_go()
    {
        var service = Sample.Service("web", "default", ClusterIP);
        await GivenAsync(service, Sample.Endpoint(A), Sample.Endpoint(B));
        using var enough = new CancellationTokenSource();
        var hammering = Task.Run(async () =>
        {
            var (count, failures) = (0, new List<string>());
            while (!enough.IsCancellationRequested)
            {
                var answer = await TestNode.ConnectAsync(_node.Client, ClusterIP, 80);
                count++;
                if (!answer.StartsWith("10.244.0.1", StringComparison.Ordinal))
                {
                    failures.Add(answer);
                }
            }

            return (count, failures);
        });

        for (var i = 0; i < 150; i++)
        {
            await GivenAsync(service, i % 2 == 0 ? [Sample.Endpoint(A)] : [Sample.Endpoint(B)]);
            await GivenAsync(service, Sample.Endpoint(A), Sample.Endpoint(B));
        }

        await enough.CancelAsync();
        var (total, failed) = await hammering;
        Assert.Empty(failed);
        Assert.True(total > 50, $"only {total} connections were tried");
    }

    [Fact]
    public async Task Health_check_port_tells_whether_endpoints_are_here()
    {
        // The servers listen where this process is, so a port that the machine has free.
        var port = FreePort();
        var service = External() with { ExternalTrafficLocal = true, HealthCheckNodePort = port };
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

        await GivenAsync(service, Sample.Endpoint(A), Sample.Endpoint(B, node: "n2"));
        var healthy = await http.GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.OK, healthy.StatusCode);
        Assert.Contains("\"localEndpoints\": 1", await healthy.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        await GivenAsync(service, Sample.Endpoint(B, node: "n2"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/healthz")).StatusCode);

        _catalog.RemoveService(service.Key);
        await _proxy.WhenAppliedAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync("/healthz"));
    }

    private static ServiceInfo External() =>
        Sample.Service("web", "default", ClusterIP) with { Ports = [new ServicePortInfo("http", TransportProtocol.Tcp, 80, NodePort)] };

    private static int FreePort()
    {
        var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        return port;
    }

    private Task GivenAsync(ServiceInfo service, params EndpointInfo[] endpoints) => GivenAsync(service, Sample.Slice(service, endpoints));

    private async Task GivenAsync(ServiceInfo service, EndpointSliceInfo slice)
    {
        _catalog.Set(service);
        _catalog.Set(slice);
        var applied = _proxy.WhenAppliedAsync();
        while (!applied.IsCompleted)
        {
            // A refused transaction waits for the clock before it tries again.
            if (await Task.WhenAny(applied, _time.TimerArmedAsync(TestContext.Current.CancellationToken)) != applied)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
            }
        }

        await applied;
    }

    /// <summary>Who answers, over enough tries that everybody's turn comes (an even coin falls one way twenty times once in a million).</summary>
    private static async Task<string[]> ServersAsync(NetworkNamespace from, string address, int port)
    {
        var servers = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 20; i++)
        {
            servers.Add((await TestNode.ConnectAsync(from, address, port)).Split(' ')[0]);
        }

        return [.. servers];
    }

    private void Start()
    {
        var commands = _node.Node.Commands;
        _health = new HealthCheckServers(TimeProvider.System, NullLogger<HealthCheckServers>.Instance);
        _proxy = new ServiceProxy(
            new ProxyOptions { Table = "orchestrator-test", NodeName = "n1", ClusterCidrs = ["10.244.0.0/16"] },
            _catalog,
            new Nftables(commands),
            new ConntrackCleaner(commands, NullLogger<ConntrackCleaner>.Instance),
            _health,
            _time,
            NullLogger<ServiceProxy>.Instance);
        _stopping = new CancellationTokenSource();
        _running = _proxy.RunAsync(_stopping.Token);
    }

    private async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        await _health.DisposeAsync();
    }
}
