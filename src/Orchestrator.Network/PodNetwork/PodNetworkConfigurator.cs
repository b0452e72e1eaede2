using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Orchestrator.Network.Commands;

namespace Orchestrator.Network.PodNetwork;

/// <summary>Makes the node what a <see cref="PodNetworkState"/> says: forwarding, masquerading, routes to other nodes, the CNI configuration.</summary>
/// <remarks>Each pass looks at the kernel and changes what differs, so it can be repeated after any interruption. One caller at a time.</remarks>
internal sealed partial class PodNetworkConfigurator(
    PodNetworkOptions options, ICommandRunner commands, Nftables nftables, ILogger<PodNetworkConfigurator> logger)
{
    /// <summary>Marks our routes in the kernel's table (see rtnetlink(7), rtm_protocol); the number is free in /etc/iproute2/rt_protos.</summary>
    private const string RouteProtocol = "111";

    /// <summary>Outer Ethernet, IP, UDP and VXLAN headers.</summary>
    private const int VxlanOverhead = 50;

    private readonly IpCommand _ip = new(commands);
    private bool _masqueradeApplied;

    /// <summary>Gives the node the cluster DNS address, on a device of its own.</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public async Task EnsureDnsDeviceAsync(CancellationToken cancellationToken)
    {
        if (options.DnsAddress is not { } address)
        {
            return;
        }

        var device = options.DnsDevice;
        if ((await _ip.ShowAsync(cancellationToken, "link", "show", "dev", device)).Count == 0
            && !await _ip.TryRunAsync(cancellationToken, "link", "add", device, "type", "dummy"))
        {
            // Small kernels lack dummies; a bridge that nothing is plugged into is as good a holder of an address.
            await _ip.RunAsync(cancellationToken, "link", "add", device, "type", "bridge");
        }

        await _ip.RunAsync(cancellationToken, "address", "replace", $"{address}/32", "dev", device);
        await _ip.RunAsync(cancellationToken, "link", "set", device, "up");
    }

    /// <summary>Applies a state.</summary>
    /// <exception cref="IOException">The kernel or a file refused.</exception>
    /// <exception cref="NftablesException">The packet filter refused.</exception>
    public async Task ApplyAsync(PodNetworkState state, CancellationToken cancellationToken)
    {
        await EnableForwardingAsync(cancellationToken);
        if (!_masqueradeApplied)
        {
            await nftables.ApplyAsync(MasqueradeScript(), cancellationToken);
            _masqueradeApplied = true;
        }

        await EnsureServiceRouteAsync(state, cancellationToken);
        if (options.Mode == PodNetworkMode.Vxlan && state is { PodCidr.Length: > 0, Address.Length: > 0 })
        {
            await EnsureVxlanAsync(state, cancellationToken);
        }

        await SyncRoutesAsync(state, cancellationToken);
        if (state.PodCidr.Length > 0)
        {
            await WriteCniConfigAsync(state.PodCidr, cancellationToken);
        }
    }

    private string MasqueradeScript() =>
        // What leaves the cluster leaves under the node's address. The mark of the service proxy has its own rule.
        $$"""
        add table ip {{options.Table}}
        delete table ip {{options.Table}}
        table ip {{options.Table}} {
            chain masquerading {
                type nat hook postrouting priority srcnat; policy accept;
                ip saddr {{options.ClusterCidr}} ip daddr != { {{options.ClusterCidr}}, 224.0.0.0/4 } fib daddr type != local masquerade fully-random
            }
        }

        """;

    private async Task EnableForwardingAsync(CancellationToken cancellationToken)
    {
        // By the file, since sysctl(8) is in a package that small machines lack.
        var result = await commands.RunAsync("sh", ["-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"], "", cancellationToken);
        if (!result.Succeeded)
        {
            throw new IOException($"Can't switch on net.ipv4.ip_forward, without which pods reach nobody: {result.Error.Trim()}");
        }
    }

    /// <summary>
    /// A process of this node finds a Service's address only if there is some route for it, even though the packet then goes elsewhere.
    /// Machines without a default route (air-gapped ones) have none.
    /// </summary>
    private async Task EnsureServiceRouteAsync(PodNetworkState state, CancellationToken cancellationToken)
    {
        if (options.DnsAddress is null || state.Address.Length == 0)
        {
            return;
        }

        var probe = options.ServiceCidr.BaseAddress.GetAddressBytes();
        probe[3]++;
        if (!await _ip.TryRunAsync(cancellationToken, "-4", "route", "get", new IPAddress(probe).ToString()))
        {
            await _ip.RunAsync(
                cancellationToken, "-4", "route", "replace", options.ServiceCidr.ToString(), "dev", options.DnsDevice, "src", state.Address, "proto", RouteProtocol);
        }
    }

    private async Task SyncRoutesAsync(PodNetworkState state, CancellationToken cancellationToken)
    {
        var wanted = state.Peers.ToDictionary(
            peer => peer.PodCidr,
            peer => options.Mode == PodNetworkMode.Vxlan
                ? (Gateway: VxlanAddress.Of(peer.PodCidr), Device: options.VxlanDevice)
                : (Gateway: peer.Address, Device: ""));
        var present = await _ip.ShowAsync(cancellationToken, "-4", "route", "show", "proto", RouteProtocol);
        foreach (var route in present)
        {
            var destination = route.GetProperty("dst").GetString()!;
            var gateway = route.TryGetProperty("gateway", out var value) ? value.GetString() : null;
            if (destination == options.ServiceCidr.ToString() || !IsWithinCluster(destination))
            {
                continue;
            }

            var device = route.GetProperty("dev").GetString();
            if (wanted.TryGetValue(destination, out var want) && want.Gateway == gateway && (want.Device.Length == 0 || want.Device == device))
            {
                wanted.Remove(destination);
            }
            else if (!wanted.ContainsKey(destination))
            {
                await _ip.TryRunAsync(cancellationToken, "-4", "route", "delete", destination, "proto", RouteProtocol);
                LogRoute("Removed", destination, gateway ?? "");
            }
        }

        foreach (var (destination, want) in wanted)
        {
            string[] device = want.Device.Length > 0 ? ["dev", want.Device, "onlink"] : [];
            try
            {
                await _ip.RunAsync(cancellationToken, ["-4", "route", "replace", destination, "via", want.Gateway, .. device, "proto", RouteProtocol]);
                LogRoute("Added", destination, want.Gateway);
            }
            catch (IOException exception)
            {
                // That node is not our neighbour; all others still get their routes.
                LogRouteFailed(exception, destination, want.Gateway);
            }
        }
    }

    private bool IsWithinCluster(string destination) =>
        IPNetwork.TryParse(destination.Contains('/') ? destination : $"{destination}/32", out var network)
        && options.ClusterCidr.Contains(network.BaseAddress);

    private async Task EnsureVxlanAsync(PodNetworkState state, CancellationToken cancellationToken)
    {
        var device = options.VxlanDevice;
        if ((await _ip.ShowAsync(cancellationToken, "link", "show", "dev", device)).Count == 0)
        {
            await _ip.RunAsync(
                cancellationToken, "link", "add", device, "address", VxlanAddress.MacOf(state.PodCidr), "type", "vxlan",
                "id", options.VxlanId.ToString(CultureInfo.InvariantCulture), "dstport", options.VxlanPort.ToString(CultureInfo.InvariantCulture),
                "local", state.Address, "nolearning");
        }

        await _ip.RunAsync(cancellationToken, "address", "replace", $"{VxlanAddress.Of(state.PodCidr)}/32", "dev", device);
        await _ip.RunAsync(cancellationToken, "link", "set", device, "up");
        foreach (var peer in state.Peers.AsEnumerable())
        {
            // Who has the address, and behind which node: the kernel need not ask anybody.
            var mac = VxlanAddress.MacOf(peer.PodCidr);
            await _ip.RunAsync(cancellationToken, "neighbour", "replace", VxlanAddress.Of(peer.PodCidr), "lladdr", mac, "dev", device, "nud", "permanent");
            var result = await commands.RunAsync("bridge", ["fdb", "replace", mac, "dev", device, "dst", peer.Address], "", cancellationToken);
            if (!result.Succeeded)
            {
                throw new IOException($"bridge fdb replace {mac} dev {device} dst {peer.Address}: {result.Error.Trim()}");
            }
        }
    }

    private async Task WriteCniConfigAsync(string podCidr, CancellationToken cancellationToken)
    {
        var plugins = options.CniPluginDirectories.FirstOrDefault(Directory.Exists);
        var hostPorts = plugins is not null && File.Exists(Path.Combine(plugins, "portmap"))
            && ((string[])["/usr/sbin/iptables", "/sbin/iptables", "/usr/bin/iptables"]).Any(File.Exists);
        var text = CniConfig.Text(options.Instance, podCidr, await MtuAsync(cancellationToken), options.CniStateDirectory, hostPorts);
        Directory.CreateDirectory(options.CniConfigurationDirectory);
        var path = Path.Combine(options.CniConfigurationDirectory, CniConfig.FileName);
        if (File.Exists(path) && await File.ReadAllTextAsync(path, cancellationToken) == text)
        {
            return;
        }

        // containerd watches the directory and takes names by their ending; it must never see half a file.
        var temporary = path + ".new";
        await File.WriteAllTextAsync(temporary, text, cancellationToken);
        File.Move(temporary, path, overwrite: true);
        LogConfigured(podCidr, path);
    }

    private async Task<int> MtuAsync(CancellationToken cancellationToken)
    {
        if (options.Mtu > 0)
        {
            return options.Mtu;
        }

        var route = (await _ip.ShowAsync(cancellationToken, "-4", "route", "show", "default")).FirstOrDefault();
        if (route.ValueKind != JsonValueKind.Object || !route.TryGetProperty("dev", out var device))
        {
            return 0;
        }

        var link = (await _ip.ShowAsync(cancellationToken, "link", "show", "dev", device.GetString()!)).FirstOrDefault();
        return link.ValueKind == JsonValueKind.Object && link.TryGetProperty("mtu", out var mtu)
            ? mtu.GetInt32() - (options.Mode == PodNetworkMode.Vxlan ? VxlanOverhead : 0)
            : 0;
    }

    [LoggerMessage(NetworkEvents.PodNetworkConfigured, LogLevel.Information, "Pods of this node get addresses of {PodCidr}, by {Path}")]
    private partial void LogConfigured(string podCidr, string path);

    [LoggerMessage(NetworkEvents.PodNetworkRouteChanged, LogLevel.Information, "{Change} the route to {Destination} through {Gateway}")]
    private partial void LogRoute(string change, string destination, string gateway);

    [LoggerMessage(NetworkEvents.PodNetworkFailed, LogLevel.Warning, "No route to {Destination} through {Gateway}; if that node is behind a router, use the VXLAN mode")]
    private partial void LogRouteFailed(Exception exception, string destination, string gateway);
}
