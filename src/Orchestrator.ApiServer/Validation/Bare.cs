namespace Orchestrator.ApiServer.Validation;

/// <summary>A bad value whose printed form is given.</summary>
internal sealed record Bare(string Text);
