namespace Orchestrator.Network.Proxy;

/// <summary>What the service proxy's rules depend on besides Services.</summary>
internal sealed record ProxyOptions
{
    /// <summary>The nftables table, this instance's alone.</summary>
    public required string Table { get; init; }

    /// <summary>This node's name, which tells local endpoints.</summary>
    public required string NodeName { get; init; }

    /// <summary>The pods' networks: traffic from elsewhere to a cluster IP is masqueraded so that replies come back through this node.</summary>
    public IReadOnlyList<string> ClusterCidrs { get; init; } = [];

    /// <summary>Cluster IPs that this node answers itself (cluster DNS) and that therefore get no rules.</summary>
    public IReadOnlyList<string> LocalAddresses { get; init; } = [];

    /// <summary>The bit of the packet mark that asks for masquerading; 14 (0x4000) by default, as everywhere in Kubernetes.</summary>
    public int MasqueradeBit { get; init; } = 14;

    /// <summary>How often the kernel's table is compared with what should be there; a minute by default.</summary>
    public TimeSpan CheckEvery { get; init; } = TimeSpan.FromMinutes(1);
}
