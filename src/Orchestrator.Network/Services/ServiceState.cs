namespace Orchestrator.Network.Services;

/// <summary>A Service with all its EndpointSlices, in the order of their names, as seen from a node in some zone (empty for none).</summary>
internal sealed record ServiceState(ServiceInfo Service, EquatableArray<EndpointSliceInfo> Slices, string Zone);
