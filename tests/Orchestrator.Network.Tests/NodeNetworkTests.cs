using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;
using Orchestrator.Network.Commands;
using Orchestrator.Network.Dns.Serving;
using Orchestrator.Network.Dns.Wire;
using Orchestrator.Network.PodNetwork;
using Orchestrator.Network.Tests.Support;

namespace Orchestrator.Network.Tests;

/// <summary>The whole network of one node, wired as in the program, fed by a cluster's objects, on a node made of namespaces.</summary>
public sealed class NodeNetworkTests : IAsyncLifetime
{
    private const string A = "10.244.0.11";
    private const string ClusterIP = "10.96.0.7";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FakeCluster _cluster = new();
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"node-network-{Guid.NewGuid():N}");
    private readonly string _instance = $"inst{Environment.ProcessId % 100000}";
    private TestNode _node = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await TestNode.CreateAsync(A);
        await _node.ServeTcpAsync(A, 8080);
        _cluster.Put(new Namespace { Metadata = new ObjectMeta { Name = "default" } });
        _cluster.Put(new Service
        {
            Metadata = new ObjectMeta { Namespace = "default", Name = "web" },
            Spec = new ServiceSpec { Type = "ClusterIP", ClusterIP = ClusterIP, ClusterIPs = [ClusterIP], Ports = [new ServicePort { Name = "http", Port = 80 }] },
        });
        _cluster.Put(Slice(ready: true));
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    [Fact]
    public async Task Node_connects_pods_serves_names_and_services_and_keeps_them_without_a_control_plane()
    {
        // 1. No pods before a network is assigned.
        _cluster.Put(Node("n1", podCidr: "", "192.168.77.1"));
        await using (var host = Start())
        {
            var network = host.GetRequiredService<INodeNetwork>();
            Assert.Equal("NoError aa\nweb.default.svc.cluster.local. 30 A 10.96.0.7\n", await AskUntilAnsweredAsync(host));
            Assert.False(network.PodNetworkReady.IsCompleted);
            _cluster.Put(Node("n1", "10.244.5.0/24", "192.168.77.1"));
            await network.PodNetworkReady.WaitAsync(Patience);

            // 2. A pod made by the real plugins, from the configuration as it was written, reaches the outside under the node's address.
            var pod = await NetworkNamespace.CreateAsync($"ont{Environment.ProcessId}-cni");
            try
            {
                var address = await ConnectPodAsync(pod);
                Assert.StartsWith("10.244.5.", address, StringComparison.Ordinal);
                Assert.Equal($"{A} {address}", await ConnectUntilAsync(pod, ClusterIP, answer => answer.StartsWith(A, StringComparison.Ordinal)));
                Assert.Equal(TestNode.NodeAddress, await PeerSeenByClientAsync(pod));
            }
            finally
            {
                await pod.DisposeAsync();
            }

            // 3. The DNS address is the node's.
            Assert.Contains("10.96.0.10/32", await _node.Node.RunAsync("ip", "-o", "address", "show", "dev", $"dns-{_instance}"), StringComparison.Ordinal);

            // 4. A pod that is going away gets nothing new, before the API knows.
            await network.WithdrawAsync("uid-a", CancellationToken.None);
            _cluster.Put(Slice(ready: true));
            Assert.StartsWith(A, await TestNode.ConnectAsync(_node.Client, ClusterIP, 80), StringComparison.Ordinal); // It is the last one, and still serves.
            network.Forget("uid-a");
        }

        // 5. Started again with nobody to ask: names and services as before.
        _cluster.Reachable = false;
        await _node.Node.RunAsync("nft", "flush", "ruleset");
        await using (var host = Start())
        {
            Assert.Equal("NoError aa\nweb.default.svc.cluster.local. 30 A 10.96.0.7\n", await AskUntilAnsweredAsync(host));
            await host.GetRequiredService<INodeNetwork>().PodNetworkReady.WaitAsync(Patience);
            Assert.StartsWith(A, await ConnectUntilAsync(_node.Client, ClusterIP, answer => answer.StartsWith(A, StringComparison.Ordinal)), StringComparison.Ordinal);
        }

        // 6. Nothing of it stays.
        await NodeNetworkServiceCollectionExtensions.CleanUpAsync(Options(), CancellationToken.None);
        Assert.DoesNotContain("orchestrator", await _node.Node.RunAsync("nft", "list", "tables"), StringComparison.Ordinal);
        Assert.DoesNotContain(_instance, await _node.Node.RunAsync("ip", "-o", "link"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PodNetworkMode.Routes)]
    [InlineData(PodNetworkMode.Vxlan)]
    public async Task Pods_of_two_nodes_reach_each_other(PodNetworkMode mode)
    {
        // The client's namespace plays the second node; pods are addresses on the nodes' loopback devices.
        await _node.Client.IpAsync("address", "add", "10.244.2.5/32", "dev", "lo");
        await _node.Node.IpAsync("address", "add", "10.244.1.5/32", "dev", "lo");
        PeerNode first = new("n1", "10.244.1.0/24", "192.168.77.1");
        PeerNode second = new("n2", "10.244.2.0/24", "192.168.77.2");
        await ConfigurePeersAsync(_node.Node, mode, first, second);
        await ConfigurePeersAsync(_node.Client, mode, second, first);

        var listener = await _node.Client.InsideAsync(() =>
        {
            var made = new TcpListener(IPAddress.Parse("10.244.2.5"), 8080);
            made.Start();
            return made;
        });
        using var socket = await _node.Node.InsideAsync(() =>
        {
            var made = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            made.Bind(new IPEndPoint(IPAddress.Parse("10.244.1.5"), 0));
            return made;
        });
        using var deadline = new CancellationTokenSource(Patience);
        var accepting = listener.AcceptTcpClientAsync(deadline.Token);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse("10.244.2.5"), 8080), deadline.Token);
        using var peer = await accepting;

        Assert.Equal("10.244.1.5", ((IPEndPoint)peer.Client.RemoteEndPoint!).Address.ToString());
        listener.Dispose();

        // A node that has left takes its route with it.
        await ConfigurePeersAsync(_node.Node, mode, first);
        Assert.DoesNotContain("10.244.2.0/24", await _node.Node.RunAsync("ip", "route"), StringComparison.Ordinal);
    }

    private async Task ConfigurePeersAsync(NetworkNamespace node, PodNetworkMode mode, PeerNode own, params PeerNode[] others)
    {
        var options = NodeNetworkServiceCollectionExtensions.PodNetworkOptionsOf(Options() with { NodeName = own.Name, PodNetworkMode = mode });
        var configurator = new PodNetworkConfigurator(options, node.Commands, new Nftables(node.Commands), NullLogger<PodNetworkConfigurator>.Instance);
        await configurator.ApplyAsync(new PodNetworkState(own.PodCidr, own.Address, [.. others]), CancellationToken.None);
    }

    private NodeNetworkOptions Options() => new()
    {
        Instance = _instance,
        NodeName = "n1",
        StateDirectory = Path.Combine(_directory, "network"),
        CniConfigurationDirectory = Path.Combine(_directory, "cni"),
        CniStateDirectory = Path.Combine(_directory, "cni-state"),
        CommandPrefix = ["ip", "netns", "exec", _node.Node.Name],
    };

    private RunningHost Start()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IInformerFactory>(new InformerFactory(_cluster, TimeProvider.System, new Random(1), NullLoggerFactory.Instance));

        // The server's sockets are made in this process' namespace, so they listen on its loopback.
        services.AddSingleton(new DnsServerOptions { Endpoint = new IPEndPoint(IPAddress.Loopback, 0) });
        services.AddNodeNetwork(Options());
        var provider = services.BuildServiceProvider();
        foreach (var hosted in provider.GetServices<IHostedService>())
        {
            _ = hosted.StartAsync(CancellationToken.None);
        }

        return new RunningHost(provider);
    }

    private static async Task<string> AskUntilAnsweredAsync(RunningHost host)
    {
        var server = host.GetRequiredService<DnsServer>();
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            if (server.LocalEndpoint is { } endpoint)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                await socket.ConnectAsync(endpoint, deadline.Token);
                await socket.SendAsync(DnsText.Query("web.default.svc.cluster.local", RecordType.A), deadline.Token);
                var buffer = new byte[512];
                var answer = DnsText.Render(buffer.AsSpan(0, await socket.ReceiveAsync(buffer, deadline.Token)));
                if (!answer.StartsWith("ServerFailure", StringComparison.Ordinal))
                {
                    return answer;
                }
            }

            await Task.Delay(20, deadline.Token);
        }
    }

    private static async Task<string> ConnectUntilAsync(NetworkNamespace from, string address, Func<string, bool> wanted)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            var answer = await TestNode.ConnectAsync(from, address, 80, TimeSpan.FromSeconds(1));
            if (wanted(answer))
            {
                return answer;
            }

            await Task.Delay(20, deadline.Token);
        }
    }

    private async Task<string> PeerSeenByClientAsync(NetworkNamespace pod)
    {
        var listener = await _node.Client.InsideAsync(() =>
        {
            var made = new TcpListener(IPAddress.Any, 9000);
            made.Start();
            return made;
        });
        using var deadline = new CancellationTokenSource(Patience);
        using var socket = await pod.InsideAsync(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        var accepting = listener.AcceptTcpClientAsync(deadline.Token);
        await socket.ConnectAsync(IPAddress.Parse(TestNode.ClientAddress), 9000, deadline.Token);
        using var peer = await accepting;
        listener.Dispose();
        return ((IPEndPoint)peer.Client.RemoteEndPoint!).Address.ToString();
    }

    /// <summary>Does what containerd does: runs the first plugin of the list with the list's name and version.</summary>
    private async Task<string> ConnectPodAsync(NetworkNamespace pod)
    {
        var list = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_directory, "cni", CniConfig.FileName)))!;
        var plugin = list["plugins"]![0]!.DeepClone();
        plugin["name"] = list["name"]!.GetValue<string>();
        plugin["cniVersion"] = list["cniVersion"]!.GetValue<string>();
        var result = await _node.Node.Commands.RunAsync(
            "env",
            ["CNI_COMMAND=ADD", "CNI_CONTAINERID=pod", $"CNI_NETNS=/run/netns/{pod.Name}", "CNI_IFNAME=eth0", "CNI_PATH=/usr/lib/cni", $"/usr/lib/cni/{plugin["type"]}"],
            plugin.ToJsonString(),
            CancellationToken.None);
        Assert.True(result.Succeeded, result.Output + result.Error);
        return JsonNode.Parse(result.Output)!["ips"]![0]!["address"]!.GetValue<string>().Split('/')[0];
    }

    private static Node Node(string name, string podCidr, string address) => new()
    {
        Metadata = new ObjectMeta { Name = name },
        Spec = new NodeSpec { PodCIDR = podCidr, PodCIDRs = podCidr.Length > 0 ? [podCidr] : [] },
        Status = new NodeStatus { Addresses = [new NodeAddress { Type = "InternalIP", Address = address }] },
    };

    private static EndpointSlice Slice(bool ready) => new()
    {
        Metadata = new ObjectMeta
        {
            Namespace = "default", Name = "web-1", Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = "web" },
        },
        AddressType = "IPv4",
        Ports = [new Orchestrator.Api.Discovery.V1.EndpointPort { Name = "http", Protocol = "TCP", Port = 8080 }],
        Endpoints = [new Endpoint
        {
            Addresses = [A],
            Conditions = new EndpointConditions { Ready = ready, Serving = ready, Terminating = false },
            NodeName = "n1",
            TargetRef = new ObjectReference { Kind = "Pod", Uid = "uid-a" },
        }],
    };

    private sealed class RunningHost(ServiceProvider provider) : IAsyncDisposable
    {
        public T GetRequiredService<T>()
            where T : notnull => provider.GetRequiredService<T>();

        public async ValueTask DisposeAsync()
        {
            foreach (var hosted in provider.GetServices<IHostedService>())
            {
                await hosted.StopAsync(CancellationToken.None);
            }

            await provider.DisposeAsync();
        }
    }
}
