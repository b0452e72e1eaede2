using Orchestrator.Network.Services;

namespace Orchestrator.Network.PodNetwork;

/// <summary>What the pod network of a node is made from.</summary>
/// <param name="PodCidr">The network of this node's pods, empty until it is assigned.</param>
/// <param name="Address">This node's address, empty until it is known.</param>
/// <param name="Peers">The other nodes, in order of their names.</param>
internal sealed record PodNetworkState(string PodCidr, string Address, EquatableArray<PeerNode> Peers);
