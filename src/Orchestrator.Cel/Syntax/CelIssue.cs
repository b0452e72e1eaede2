namespace Orchestrator.Cel.Syntax;

/// <summary>A fault of an expression: where (in code points from the start) and what.</summary>
internal readonly record struct CelIssue(int Position, string Message);
