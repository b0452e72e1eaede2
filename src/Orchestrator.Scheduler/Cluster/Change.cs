using Orchestrator.Scheduler.Evaluation;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Cluster;

/// <summary>Something that happened and may help pods that found no node.</summary>
/// <param name="Interested">The plugins whose refusal it could undo.</param>
/// <param name="Node">The slot where it happened; -1 if it is not about one node.</param>
/// <param name="Pod">The pod that came or went, if one did.</param>
internal readonly record struct Change(Plugins Interested, int Node = -1, PodInfo? Pod = null);
