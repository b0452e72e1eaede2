namespace Orchestrator.Network.Services;

/// <summary>A port of an EndpointSlice; its name ties it to the Service's port.</summary>
internal sealed record EndpointPortInfo(string Name, TransportProtocol Protocol, int Port);
