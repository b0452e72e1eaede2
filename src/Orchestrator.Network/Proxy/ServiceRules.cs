using Orchestrator.Network.Commands;

namespace Orchestrator.Network.Proxy;

/// <summary>Everything one Service needs in the kernel.</summary>
/// <remarks>
/// Chains are named after their content, so a chain never changes: a Service that changes gets new chains, and its map
/// elements move over to them in one transaction. What is in the kernel can be compared by names alone.
/// </remarks>
internal sealed class ServiceRules
{
    public static ServiceRules None { get; } = new();

    /// <summary>Chain name to rules.</summary>
    public Dictionary<string, IReadOnlyList<string>> Chains { get; } = new(StringComparer.Ordinal);

    /// <summary>Names of the sets that hold sticky clients, and their definitions.</summary>
    public Dictionary<string, string> Sets { get; } = new(StringComparer.Ordinal);

    /// <summary>Elements and their verdicts; empty for elements of sets.</summary>
    public Dictionary<MapElement, string> Elements { get; } = [];

    public HashSet<UdpFlow> UdpFlows { get; } = [];

    public HealthCheck? HealthCheck { get; set; }
}
