using Orchestrator.EndToEnd.Tests.Machine;

namespace Orchestrator.EndToEnd.Tests.Nodes;

/// <summary>A bridge on this machine on which network namespaces meet, as machines meet on a switch.</summary>
public sealed class NodeNetwork : IAsyncDisposable
{
    private const string Bridge = "orc-test";

    /// <summary>This machine's address on the bridge.</summary>
    public const string HostAddress = "172.29.77.1";

    private int _hosts = 1;

    private NodeNetwork()
    {
    }

    public static async Task<NodeNetwork> CreateAsync()
    {
        (await Programs.RunAsync("ip", "link", "add", Bridge, "type", "bridge")).Succeeded();
        (await Programs.RunAsync("ip", "address", "add", HostAddress + "/24", "dev", Bridge)).Succeeded();
        (await Programs.RunAsync("ip", "link", "set", Bridge, "up")).Succeeded();
        return new();
    }

    /// <summary>Makes a namespace with an address on the bridge; returns the address.</summary>
    public async Task<string> AddHostAsync(string name)
    {
        var address = $"172.29.77.{++_hosts}";
        foreach (var command in (string[])[
            $"netns add {name}",
            $"link add {name} type veth peer name eth0 netns {name}",
            $"link set {name} master {Bridge} up",
            $"-n {name} link set lo up",
            $"-n {name} address add {address}/24 dev eth0",
            $"-n {name} link set eth0 up",
            $"-n {name} route add default via {HostAddress}"])
        {
            (await Programs.RunAsync("ip", command.Split(' '))).Succeeded();
        }

        return address;
    }

    public static async Task RemoveHostAsync(string name)
    {
        // A namespace lives on while a packet of it is in flight; its link must not outlive the test.
        await Programs.RunAsync("ip", "link", "delete", name);
        (await Programs.RunAsync("ip", "netns", "delete", name)).Succeeded();
    }

    public async ValueTask DisposeAsync() => (await Programs.RunAsync("ip", "link", "delete", Bridge)).Succeeded();
}
