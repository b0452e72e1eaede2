namespace Orchestrator.Agent.Pods.Containers;

/// <summary>A container to kill.</summary>
/// <param name="Running">The container.</param>
/// <param name="Container">Its definition, or null if the pod has none any more.</param>
/// <param name="Message">Text of the event; null for the usual one.</param>
/// <param name="Reason">Why: decides which grace period counts.</param>
internal readonly record struct ContainerKill(RuntimeContainer Running, Container? Container, string? Message, KillReason Reason);
