namespace Orchestrator.Network.Services;

/// <summary>The protocols a Service port may have.</summary>
internal enum TransportProtocol
{
    Tcp,
    Udp,
    Sctp,
}
