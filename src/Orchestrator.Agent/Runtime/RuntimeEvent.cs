namespace Orchestrator.Agent.Runtime;

/// <summary>Something happened to a container (or to a sandbox's own), and its pod should be looked at.</summary>
/// <param name="ContainerId">The container's id.</param>
/// <param name="Kind">What happened.</param>
public readonly record struct RuntimeEvent(string ContainerId, RuntimeEventKind Kind);
