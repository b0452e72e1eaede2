namespace Orchestrator.Network.Services;

/// <summary>What changed since a subscriber last asked.</summary>
/// <param name="Services">Present state per changed Service; <see langword="null"/> where it is gone.</param>
/// <param name="Namespaces">All namespaces, if they changed.</param>
internal sealed record CatalogChange(
    IReadOnlyList<KeyValuePair<ServiceKey, ServiceState?>> Services,
    IReadOnlyList<string>? Namespaces)
{
    public bool IsEmpty => Services.Count == 0 && Namespaces is null;
}
