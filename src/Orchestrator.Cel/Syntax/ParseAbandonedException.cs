namespace Orchestrator.Cel.Syntax;

/// <summary>The expression has so many faults, or is nested so deep, that reading it ends; an issue tells why.</summary>
internal sealed class ParseAbandonedException : Exception;
