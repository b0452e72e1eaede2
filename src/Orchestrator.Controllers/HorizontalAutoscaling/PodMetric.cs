namespace Orchestrator.Controllers.HorizontalAutoscaling;

/// <summary>What a pod used of a resource.</summary>
/// <param name="MilliValue">In thousandths of the resource's unit.</param>
/// <param name="Timestamp">The end of the time that was measured.</param>
/// <param name="Window">How long was measured.</param>
internal readonly record struct PodMetric(long MilliValue, DateTimeOffset Timestamp, TimeSpan Window);
