namespace Orchestrator.Network.Services;

/// <summary>An EndpointSlice of a Service.</summary>
internal sealed record EndpointSliceInfo
{
    public required ServiceKey Service { get; init; }

    /// <summary>The slice's own name; its namespace is the Service's.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the addresses are IPv6; slices of FQDNs are not kept at all.</summary>
    public bool IPv6 { get; init; }
    public EquatableArray<EndpointPortInfo> Ports { get; init; }
    public EquatableArray<EndpointInfo> Endpoints { get; init; }
}
