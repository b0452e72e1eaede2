namespace Orchestrator.Network.Services;

/// <summary>Everything a node must know to go on serving while the control plane is away; what the catalog's file holds.</summary>
/// <param name="Zone">The zone this node is in, empty if it is in none.</param>
/// <param name="Namespaces">Their names, in order.</param>
/// <param name="Services">All of them.</param>
/// <param name="Slices">All that belong to a Service.</param>
internal sealed record CatalogContent(
    string Zone,
    EquatableArray<string> Namespaces,
    EquatableArray<ServiceInfo> Services,
    EquatableArray<EndpointSliceInfo> Slices);
