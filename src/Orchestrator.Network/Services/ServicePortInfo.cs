namespace Orchestrator.Network.Services;

/// <summary>One port of a Service. <paramref name="NodePort"/> is 0 where none is allocated.</summary>
internal sealed record ServicePortInfo(string Name, TransportProtocol Protocol, int Port, int NodePort = 0);
