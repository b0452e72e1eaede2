using System.Diagnostics.Metrics;
using Orchestrator.Scheduler.Queue;

namespace Orchestrator.Scheduler.Hosting;

/// <summary>What the scheduler measures, under upstream's names; whoever listens to the meter publishes it.</summary>
internal sealed class SchedulerInstruments : IDisposable
{
    private static readonly double[] Seconds = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384];
    private readonly Meter _meter = new("Orchestrator.Scheduler");
    private readonly Result _scheduled;
    private readonly Result _unschedulable;
    private readonly Result _error;

    public SchedulerInstruments(SchedulingQueue queue, string profile)
    {
        var attempts = _meter.CreateCounter<long>(
            "scheduler_schedule_attempts_total",
            description: "[STABLE] Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.");
        var durations = _meter.CreateHistogram(
            "scheduler_scheduling_attempt_duration_seconds", description: "[STABLE] Scheduling attempt latency in seconds (scheduling algorithm + binding)",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
        (_scheduled, _unschedulable, _error) = (Of("scheduled"), Of("unschedulable"), Of("error"));
        _meter.CreateObservableGauge("scheduler_pending_pods", () => Pending(queue), description: "[STABLE] Number of pending pods, by the queue type.");

        Result Of(string result) => new(attempts, durations, [new("profile", profile), new("result", result)]);
    }

    /// <summary>A pod was tried; where it is now tells what came of it.</summary>
    public void Attempted(QueuedPod pod, TimeSpan elapsed) => (pod.Place switch
    {
        QueuePlace.Unschedulable => _unschedulable,
        QueuePlace.BackingOff => _error,
        _ => _scheduled,
    }).Add(elapsed);

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Pending(SchedulingQueue queue)
    {
        var unschedulable = queue.Unschedulable.Count;
        yield return new(Math.Max(0, queue.Count - unschedulable), new KeyValuePair<string, object?>("queue", "active"));
        yield return new(unschedulable, new KeyValuePair<string, object?>("queue", "unschedulable"));
    }

    private sealed record Result(Counter<long> Attempts, Histogram<double> Durations, KeyValuePair<string, object?>[] Tags)
    {
        public void Add(TimeSpan elapsed)
        {
            Attempts.Add(1, Tags);
            Durations.Record(elapsed.TotalSeconds, Tags);
        }
    }
}
