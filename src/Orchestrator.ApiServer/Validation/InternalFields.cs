namespace Orchestrator.ApiServer.Validation;

/// <summary>A part of a struct that the internal type holds in a struct of its own.</summary>
internal sealed record InternalFields((string Name, object? Value)[] Fields);
