using Orchestrator.Api.Autoscaling.V2;

namespace Orchestrator.Controllers.HorizontalAutoscaling;

/// <summary>What one metric asks for.</summary>
/// <param name="Replicas">How many replicas.</param>
/// <param name="Name">The metric, for people.</param>
/// <param name="Status">Its present value.</param>
internal sealed record MetricProposal(int Replicas, string Name, MetricStatus Status);
