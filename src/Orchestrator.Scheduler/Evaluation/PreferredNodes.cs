using Orchestrator.Scheduler.Matching;

namespace Orchestrator.Scheduler.Evaluation;

/// <summary>A preferred node affinity term and what it adds.</summary>
internal readonly record struct PreferredNodes(NodeTerm Term, int Weight);
