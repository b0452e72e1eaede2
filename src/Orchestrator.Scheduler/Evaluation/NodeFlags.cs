namespace Orchestrator.Scheduler.Evaluation;

/// <summary>What of a node decides whether its pods count when pods are spread.</summary>
[Flags]
internal enum NodeFlags : byte
{
    None = 0,
    MatchesAffinity = 1,
    TaintsTolerated = 2,
}
