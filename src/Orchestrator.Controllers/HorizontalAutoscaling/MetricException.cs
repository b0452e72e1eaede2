namespace Orchestrator.Controllers.HorizontalAutoscaling;

/// <summary>A metric from which no number of replicas follows now; the message goes into the autoscaler's condition and Event.</summary>
internal sealed class MetricException(string message) : Exception(message);
