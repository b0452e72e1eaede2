namespace Orchestrator.Agent.Admission;

/// <summary>Why the node does not take a pod.</summary>
internal sealed record PodRejection(string Reason, string Message);
