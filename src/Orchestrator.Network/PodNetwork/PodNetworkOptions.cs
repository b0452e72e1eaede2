using System.Net;

namespace Orchestrator.Network.PodNetwork;

/// <summary>How the node's pods are connected.</summary>
internal sealed record PodNetworkOptions
{
    /// <summary>The installation's short name, which devices and tables carry; at most 10 characters.</summary>
    public required string Instance { get; init; }

    public required string NodeName { get; init; }

    /// <summary>All pods of the cluster; traffic that leaves it is masqueraded.</summary>
    public required IPNetwork ClusterCidr { get; init; }

    /// <summary>All Services.</summary>
    public required IPNetwork ServiceCidr { get; init; }

    /// <summary>Where cluster DNS listens on every node; <see langword="null"/> if it doesn't.</summary>
    public required IPAddress? DnsAddress { get; init; }
    public PodNetworkMode Mode { get; init; }

    /// <summary>Directory of the CNI configuration that containerd reads.</summary>
    public required string CniConfigurationDirectory { get; init; }

    /// <summary>Where host-local remembers which addresses it gave out.</summary>
    public required string CniStateDirectory { get; init; }

    /// <summary>Directories that may hold the CNI plugins, the first that exists counts.</summary>
    public IReadOnlyList<string> CniPluginDirectories { get; init; } = ["/usr/lib/cni", "/opt/cni/bin"];

    /// <summary>What the node knew of the network last, for a start without control plane.</summary>
    public required string StateFile { get; init; }

    /// <summary>VXLAN's network identifier and UDP port; nodes of one cluster must agree.</summary>
    public int VxlanId { get; init; } = 1;

    /// <summary>VXLAN's UDP port; 8472 by default, as Linux and flannel have it.</summary>
    public int VxlanPort { get; init; } = 8472;

    /// <summary>MTU of the pods' links; 0 (the default) takes that of the default route's device, less the encapsulation.</summary>
    public int Mtu { get; init; }

    public string DnsDevice => $"dns-{Instance}";

    public string VxlanDevice => $"vx-{Instance}";

    /// <summary>The nftables table of the masquerading rule.</summary>
    public string Table => $"orchestrator-{Instance}-pods";
}
