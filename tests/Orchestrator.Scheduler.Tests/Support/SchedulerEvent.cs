namespace Orchestrator.Scheduler.Tests.Support;

/// <summary>An Event as the recordings have it.</summary>
internal readonly record struct SchedulerEvent(string Pod, string Type, string Reason, string Message);
