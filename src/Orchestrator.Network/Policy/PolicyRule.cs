namespace Orchestrator.Network.Policy;

/// <summary>Something that a policy allows.</summary>
/// <param name="Peers">At the other end; empty means anybody.</param>
/// <param name="Ports">At the receiver; empty means any.</param>
internal sealed record PolicyRule(IReadOnlyList<PolicyPeer> Peers, IReadOnlyList<PolicyPort> Ports);
