namespace Orchestrator.Cel.Evaluation;

/// <summary>Ends an evaluation that became too expensive; no operator may absorb it.</summary>
internal sealed class CostExceededException : Exception;
