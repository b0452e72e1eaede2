namespace Orchestrator.Network.PodNetwork;

/// <summary>Another node: the network of its pods and the address to reach it by.</summary>
internal sealed record PeerNode(string Name, string PodCidr, string Address);
