using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Networking.V1;
using Orchestrator.Client;
using Orchestrator.Network.Commands;
using Orchestrator.Network.Policy;
using Orchestrator.Network.Tests.Support;

namespace Orchestrator.Network.Tests.Policy;

/// <summary>Real packets between pods under real policies.</summary>
public sealed class PolicyTests : IAsyncLifetime
{
    private const string Web = "10.244.0.11";
    private const string Friend = "10.244.0.12";
    private const string Stranger = "10.244.0.13";
    private const string Table = "orchestrator-test-policy";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    private readonly FakeCluster _cluster = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"policy-{Guid.NewGuid():N}");
    private TestNode _node = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _node = await TestNode.CreateAsync(Web, Friend, Stranger);
        foreach (var address in (string[])[Web, Friend, Stranger])
        {
            await _node.ServeTcpAsync(address, 8080);
        }

        await _node.ServeTcpAsync(Web, 9090);
        _cluster.Put(new Namespace { Metadata = new ObjectMeta { Name = "default", Labels = Labels("team", "a") } });
        _cluster.Put(new Namespace { Metadata = new ObjectMeta { Name = "other", Labels = Labels("team", "b") } });
        _cluster.Put(Pod("default", "web", Web));
        _cluster.Put(Pod("default", "friend", Friend));
        _cluster.Put(Pod("other", "stranger", Stranger));
        Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        _stopping.Dispose();
        await _node.DisposeAsync();
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    [Fact]
    public async Task Ingress_is_allowed_to_whom_the_rules_name_and_to_nobody_else()
    {
        await GivenAsync(Ingress("web", new NetworkPolicyIngressRule
        {
            From = [new NetworkPolicyPeer { PodSelector = Selector("app", "friend") }],
            Ports = [new NetworkPolicyPort { Port = 8080 }],
        }));

        await ReachesAsync(Friend, Web);
        await DoesNotReachAsync(Friend, Web, 9090);
        await DoesNotReachAsync(Stranger, Web);
        await ReachesAsync(Web, Stranger); // Not selected by any policy, and answers to what it asked come back.
        Assert.StartsWith(Web, await TestNode.ConnectAsync(_node.Node, Web, 8080), StringComparison.Ordinal); // Probes.
    }

    [Fact]
    public async Task Namespaces_blocks_with_exceptions_named_ports_and_ranges_are_understood()
    {
        await GivenAsync(Ingress("web", new NetworkPolicyIngressRule
        {
            From = [new NetworkPolicyPeer { NamespaceSelector = Selector("team", "b") }],
            Ports = [new NetworkPolicyPort { Port = "http" }],
        }));
        await ReachesAsync(Stranger, Web);
        await DoesNotReachAsync(Stranger, Web, 9090);
        await DoesNotReachAsync(Friend, Web);

        await GivenAsync(Ingress("web", new NetworkPolicyIngressRule
        {
            From = [new NetworkPolicyPeer { IpBlock = new IPBlock { Cidr = "10.244.0.0/24", Except = [$"{Stranger}/32"] } }],
            Ports = [new NetworkPolicyPort { Port = 9000, EndPort = 9100 }],
        }));
        await ReachesAsync(Friend, Web, 9090);
        await DoesNotReachAsync(Friend, Web);
        await DoesNotReachAsync(Stranger, Web, 9090);
    }

    [Fact]
    public async Task Egress_is_allowed_to_whom_the_rules_name_and_pods_that_come_and_go_are_followed()
    {
        await GivenAsync(new NetworkPolicy
        {
            Metadata = new ObjectMeta { Namespace = "default", Name = "p" },
            Spec = new NetworkPolicySpec
            {
                PodSelector = Selector("app", "web"),
                PolicyTypes = ["Egress"],
                Egress = [new NetworkPolicyEgressRule { To = [new NetworkPolicyPeer { PodSelector = Selector("app", "friend") }] }],
            },
        });
        await ReachesAsync(Web, Friend);
        await DoesNotReachAsync(Web, Stranger);
        await ReachesAsync(Stranger, Web);

        var before = await TableAsync();
        _cluster.Put(Pod("default", "friend", "10.244.0.99"));
        await UntilChangedAsync(before);
        await DoesNotReachAsync(Web, Friend);
    }

    [Fact]
    public async Task Policies_add_up_and_without_any_everything_is_allowed_again()
    {
        await GivenAsync(Ingress("web") with { Metadata = new ObjectMeta { Namespace = "default", Name = "deny" } });
        await DoesNotReachAsync(Friend, Web);
        await GivenAsync(Ingress("web", new NetworkPolicyIngressRule { From = [new NetworkPolicyPeer { PodSelector = LabelSelector.Empty }] }));
        await ReachesAsync(Friend, Web);
        await DoesNotReachAsync(Stranger, Web);

        var before = await TableAsync();
        _cluster.Delete<NetworkPolicy>("default", "deny");
        await UntilChangedAsync(before);
        before = await TableAsync();
        _cluster.Delete<NetworkPolicy>("default", "p");
        await UntilChangedAsync(before);
        await ReachesAsync(Stranger, Web);
    }

    [Fact]
    public void Pod_that_comes_changes_elements_and_no_rule()
    {
        PolicyInfo[] policies = [PolicyConversion.Convert(Ingress("web", new NetworkPolicyIngressRule { From = [new NetworkPolicyPeer { PodSelector = Selector("app", "friend") }] }))];
        var namespaces = new Dictionary<string, ApiMap<string>> { ["default"] = ApiMap<string>.Empty };
        var web = PolicyConversion.Convert(Pod("default", "web", Web))!;
        var friend = PolicyConversion.Convert(Pod("default", "friend", Friend))!;
        var old = PolicyCompiler.Compile(policies, [web], namespaces, "n1");
        var now = PolicyCompiler.Compile(policies, [web, friend], namespaces, "n1");

        var set = Assert.Single(now.Sets).Key;
        Assert.Equal($"add element ip T {set} {{ {Friend} }}\n", now.Since(old, "T").Script());
    }

    private async Task GivenAsync(NetworkPolicy policy)
    {
        var before = await TableAsync();
        _cluster.Put(policy);
        await UntilChangedAsync(before);
    }

    private async Task UntilChangedAsync(string before)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (await TableAsync() == before)
        {
            await Task.Delay(10, deadline.Token);
        }
    }

    private async Task<string> TableAsync()
    {
        var result = await _node.Node.Commands.RunAsync("nft", ["-a", "list", "table", "ip", Table], "", CancellationToken.None);
        return result.Output;
    }

    private async Task ReachesAsync(string from, string to, int port = 8080) =>
        Assert.StartsWith(to, await TestNode.ConnectAsync(_node.Pod(from), to, port, Patience), StringComparison.Ordinal);

    private async Task DoesNotReachAsync(string from, string to, int port = 8080) =>
        Assert.Equal("silence", await TestNode.ConnectAsync(_node.Pod(from), to, port, Short));

    private void Start() => _running = new PolicyEnforcer(
        new PolicyOptions { Table = Table, NodeName = "n1", RulesFile = Path.Combine(_directory, "policy.nft") },
        new InformerFactory(_cluster, TimeProvider.System, new Random(1), NullLoggerFactory.Instance),
        new Nftables(_node.Node.Commands),
        TimeProvider.System,
        NullLogger<PolicyEnforcer>.Instance).RunAsync(_stopping.Token);

    private static NetworkPolicy Ingress(string app, params NetworkPolicyIngressRule[] rules) => new()
    {
        Metadata = new ObjectMeta { Namespace = "default", Name = "p" },
        Spec = new NetworkPolicySpec { PodSelector = Selector("app", app), PolicyTypes = ["Ingress"], Ingress = [.. rules] },
    };

    private static LabelSelector Selector(string key, string value) => new() { MatchLabels = Labels(key, value) };

    private static Dictionary<string, string> Labels(string key, string value) => new() { [key] = value };

    private static Pod Pod(string ns, string name, string address) => new()
    {
        Metadata = new ObjectMeta { Namespace = ns, Name = name, Labels = Labels("app", name) },
        Spec = new PodSpec { NodeName = "n1", Containers = [new Container { Name = "c", Ports = [NamedPort()] }] },
        Status = new PodStatus { Phase = "Running", PodIP = address, PodIPs = [new PodIP { Ip = address }] },
    };

    private static ContainerPort NamedPort() => new() { Name = "http", ContainerPortValue = 8080, Protocol = "TCP" };
}
