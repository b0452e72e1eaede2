using Orchestrator.Network.Services;

namespace Orchestrator.Network.Policy;

/// <summary>Ports that a rule is about.</summary>
/// <param name="Protocol">Their protocol.</param>
/// <param name="First">The first; 0 for every port, or for one by name.</param>
/// <param name="Last">The last, the same as the first for a single one.</param>
/// <param name="Name">The port's name in the pods that receive, or empty.</param>
internal sealed record PolicyPort(TransportProtocol Protocol, int First, int Last, string Name);
