using System.Net;

namespace Orchestrator.Network.Dns.Zone;

/// <summary>What the cluster's zone is called and how long clients may remember its answers.</summary>
internal sealed record ClusterZoneOptions
{
    /// <summary>The zone; <c>cluster.local</c> by default.</summary>
    public string Domain { get; init; } = "cluster.local";

    /// <summary>The name server's own address, which <c>ns.dns.&lt;domain&gt;</c> has.</summary>
    public IPAddress ServerAddress { get; init; } = IPAddress.Parse("10.96.0.10");

    /// <summary>For addresses of Services, which hardly ever change; 30 s by default.</summary>
    public TimeSpan ServiceTtl { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For endpoints and for "no such name", which change with every pod; 5 s by default.</summary>
    public TimeSpan EndpointTtl { get; init; } = TimeSpan.FromSeconds(5);
}
