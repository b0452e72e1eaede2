namespace Orchestrator.Agent.Tests.Support;

/// <summary>An event as it was emitted.</summary>
internal sealed record RecordedEvent(string Uid, string? FieldPath, string Type, string Reason, string Message);
