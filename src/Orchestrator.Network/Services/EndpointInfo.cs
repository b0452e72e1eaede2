namespace Orchestrator.Network.Services;

/// <summary>One address behind a Service, as an EndpointSlice states it.</summary>
internal sealed record EndpointInfo
{
    public required string Address { get; init; }
    public string NodeName { get; init; } = "";

    /// <summary>The pod's hostname where it has a DNS record of its own, else empty.</summary>
    public string Hostname { get; init; } = "";
    public bool Ready { get; init; } = true;

    /// <summary>Still answers, even when terminating; what traffic falls back to when nobody is ready.</summary>
    public bool Serving { get; init; } = true;
    public bool Terminating { get; init; }

    /// <summary>UID of the pod behind the address, empty for an endpoint without one.</summary>
    public string TargetUid { get; init; } = "";

    /// <summary>Zones whose clients should come here (<c>hints.forZones</c>).</summary>
    public EquatableArray<string> ForZones { get; init; }

    /// <summary>Nodes whose clients should come here (<c>hints.forNodes</c>).</summary>
    public EquatableArray<string> ForNodes { get; init; }
}
