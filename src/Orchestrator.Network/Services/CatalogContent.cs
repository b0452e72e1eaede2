namespace Orchestrator.Network.Services;

/// <summary>Everything a node must know to go on serving while the control plane is away; what the catalog's file holds.</summary>
internal sealed record CatalogContent(
    EquatableArray<string> Namespaces,
    EquatableArray<ServiceInfo> Services,
    EquatableArray<EndpointSliceInfo> Slices);
