using Orchestrator.Network.Services;

namespace Orchestrator.Network.Proxy;

/// <summary>An endpoint at the port that a Service's port leads to.</summary>
internal sealed record PortEndpoint(EndpointInfo Endpoint, int Port)
{
    public string Address => Endpoint.Address;

    /// <summary><c>10.244.1.5:8080</c>.</summary>
    public string Target => $"{Address}:{Port}";
}
