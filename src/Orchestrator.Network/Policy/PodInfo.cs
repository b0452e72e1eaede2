using Orchestrator.Api;
using Orchestrator.Network.Services;

namespace Orchestrator.Network.Policy;

/// <summary>What policies need to know of a pod. Pods of the host's network and finished ones have no place here.</summary>
internal sealed record PodInfo
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required ApiMap<string> Labels { get; init; }
    public required string NodeName { get; init; }

    /// <summary>Its IPv4 address.</summary>
    public required string Address { get; init; }

    /// <summary>Ports that have names.</summary>
    public EquatableArray<EndpointPortInfo> NamedPorts { get; init; }
}
