namespace Orchestrator.Network.Services;

/// <summary>What the data path needs to know of a Service: addresses, ports and traffic policies.</summary>
/// <remarks>Addresses are canonical text (<c>10.96.0.1</c>, <c>fd00::1</c>): rules and files want text, DNS parses once.</remarks>
internal sealed record ServiceInfo
{
    public required ServiceKey Key { get; init; }
    public required ServiceKind Kind { get; init; }
    public EquatableArray<string> ClusterIPs { get; init; }
    public EquatableArray<string> ExternalIPs { get; init; }

    /// <summary>Ingress addresses of a load balancer that leaves the destination address as it is (<c>ipMode: VIP</c>).</summary>
    public EquatableArray<string> LoadBalancerIPs { get; init; }

    /// <summary>CIDRs that may use <see cref="LoadBalancerIPs"/>; empty means everybody.</summary>
    public EquatableArray<string> LoadBalancerSourceRanges { get; init; }
    public EquatableArray<ServicePortInfo> Ports { get; init; }
    public string ExternalName { get; init; } = "";

    /// <summary>For how long a client sticks to its endpoint (ClientIP affinity); <see langword="null"/> without affinity.</summary>
    public TimeSpan? AffinityTimeout { get; init; }

    /// <summary><c>internalTrafficPolicy: Local</c>.</summary>
    public bool InternalTrafficLocal { get; init; }

    /// <summary><c>externalTrafficPolicy: Local</c>.</summary>
    public bool ExternalTrafficLocal { get; init; }

    /// <summary>Port on which every node tells a load balancer whether it has local endpoints; 0 for none.</summary>
    public int HealthCheckNodePort { get; init; }
    public bool PublishNotReadyAddresses { get; init; }

    /// <summary>Another service proxy looks after it (<c>service.kubernetes.io/service-proxy-name</c>); DNS still answers for it.</summary>
    public bool IsProxiedElsewhere { get; init; }
}
