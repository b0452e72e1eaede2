using Orchestrator.ApiServer.Metrics;

namespace Orchestrator.ApiServer.Fairness;

/// <summary>The series of one flow schema at one priority level.</summary>
internal sealed record FlowSeries(Counter Dispatched, Gauge Executing, Gauge Seats, Gauge Queued, Histogram Waits, Histogram Runs, Func<string, Counter> Rejected);
