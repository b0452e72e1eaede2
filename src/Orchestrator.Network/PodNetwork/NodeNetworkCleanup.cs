using Orchestrator.Network.Commands;

namespace Orchestrator.Network.PodNetwork;

/// <summary>Gives back what the network of one installation took from the kernel: tables, devices, routes.</summary>
/// <remarks>Pods' links go with the pods. Everything is tried, whatever fails.</remarks>
internal sealed class NodeNetworkCleanup(ICommandRunner commands)
{
    /// <summary>Cleans up after the installation of a name.</summary>
    /// <param name="options">The same that set it up.</param>
    /// <param name="cancellationToken">Stops half-way; it can be run again.</param>
    public async Task RunAsync(PodNetworkOptions options, CancellationToken cancellationToken)
    {
        foreach (var table in (string[])[$"orchestrator-{options.Instance}", options.Table, $"orchestrator-{options.Instance}-policy"])
        {
            // "add" first, since deleting what is not there fails.
            await commands.RunAsync("nft", ["-f", "-"], $"add table ip {table}\ndelete table ip {table}\n", cancellationToken);
        }

        var ip = new IpCommand(commands);
        foreach (var route in await ip.ShowAsync(cancellationToken, "-4", "route", "show", "proto", "111"))
        {
            var destination = route.GetProperty("dst").GetString()!;
            if (destination == options.ServiceCidr.ToString() || System.Net.IPNetwork.TryParse(destination, out var network) && options.ClusterCidr.Contains(network.BaseAddress))
            {
                await ip.TryRunAsync(cancellationToken, "-4", "route", "delete", destination, "proto", "111");
            }
        }

        await ip.TryRunAsync(cancellationToken, "link", "delete", options.DnsDevice);
        await ip.TryRunAsync(cancellationToken, "link", "delete", options.VxlanDevice);
    }
}
