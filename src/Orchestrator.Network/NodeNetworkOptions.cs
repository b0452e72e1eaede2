using System.Net;
using Orchestrator.Network.PodNetwork;

namespace Orchestrator.Network;

/// <summary>The node's network: who and where the node is, and which parts of it run.</summary>
public sealed record NodeNetworkOptions
{
    /// <summary>The installation's short name (at most 10 letters, digits and dashes), which kernel objects carry.</summary>
    public required string Instance { get; init; }

    /// <summary>This node's name.</summary>
    public required string NodeName { get; init; }

    /// <summary>Where the last known state is kept for a start without control plane.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Where containerd reads its CNI configuration.</summary>
    public required string CniConfigurationDirectory { get; init; }

    /// <summary>Where the CNI plugins remember the addresses they gave out.</summary>
    public required string CniStateDirectory { get; init; }

    /// <summary>The Services' addresses; 10.96.0.0/16 by default.</summary>
    public IPNetwork ServiceCidr { get; init; } = IPNetwork.Parse("10.96.0.0/16");

    /// <summary>All pods' addresses; 10.244.0.0/16 by default.</summary>
    public IPNetwork ClusterCidr { get; init; } = IPNetwork.Parse("10.244.0.0/16");

    /// <summary>The cluster DNS Service's address, which this node takes and answers on; 10.96.0.10 by default, <see langword="null"/> leaves DNS to somebody else.</summary>
    public IPAddress? DnsAddress { get; init; } = IPAddress.Parse("10.96.0.10");

    /// <summary>Port of cluster DNS; 53 by default.</summary>
    public int DnsPort { get; init; } = 53;

    /// <summary>The cluster's DNS zone; cluster.local by default.</summary>
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>The resolver configuration whose servers know all other names.</summary>
    public string ResolvConfPath { get; init; } = "/etc/resolv.conf";

    /// <summary>How packets get to other nodes' pods.</summary>
    public PodNetworkMode PodNetworkMode { get; init; }

    /// <summary>Set up pod network and CNI; <see langword="true"/> by default. Switch it off for a CNI plugin of your own.</summary>
    public bool ManagePodNetwork { get; init; } = true;

    /// <summary>Run the service proxy; <see langword="true"/> by default.</summary>
    public bool RunServiceProxy { get; init; } = true;

    /// <summary>Enforce NetworkPolicies; <see langword="true"/> by default.</summary>
    public bool EnforceNetworkPolicies { get; init; } = true;

    /// <summary>A command to run all others with, for instance in a namespace; none by default.</summary>
    public IReadOnlyList<string> CommandPrefix { get; init; } = [];

    /// <summary>Checks the settings and how they go together.</summary>
    /// <returns>Every fault, or nothing.</returns>
    public IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        if (Instance.Length is 0 or > 10 || !Instance.All(character => char.IsAsciiLetterOrDigit(character) || character == '-'))
        {
            faults.Add($"Instance is '{Instance}'; it must be 1 to 10 letters, digits and dashes, since Linux device names have 15 characters.");
        }

        if (ServiceCidr.Contains(ClusterCidr.BaseAddress) || ClusterCidr.Contains(ServiceCidr.BaseAddress))
        {
            faults.Add($"The Services' network {ServiceCidr} and the pods' network {ClusterCidr} overlap; choose one of them anew.");
        }

        if (DnsAddress is { } address && !ServiceCidr.Contains(address))
        {
            faults.Add($"The DNS address {address} is not of the Services' network {ServiceCidr}.");
        }

        return faults;
    }
}
