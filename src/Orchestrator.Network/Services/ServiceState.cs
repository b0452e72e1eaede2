namespace Orchestrator.Network.Services;

/// <summary>A Service with all its EndpointSlices, in the order of their names.</summary>
internal sealed record ServiceState(ServiceInfo Service, EquatableArray<EndpointSliceInfo> Slices);
