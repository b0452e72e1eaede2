namespace Orchestrator.Scheduler.Evaluation;

/// <summary>Why a node does not take a pod.</summary>
/// <param name="Reasons">For people; counted over nodes.</param>
/// <param name="Plugin">Who refused.</param>
/// <param name="IsFinal">Removing pods from the node would not help.</param>
internal sealed record Verdict(string[] Reasons, Plugins Plugin, bool IsFinal);
