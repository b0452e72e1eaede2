using System.Diagnostics.Metrics;

namespace Orchestrator.Client;

/// <summary>One queue's measurements under upstream's names; whoever listens to the meter publishes them. Costs next to nothing while nobody does.</summary>
internal sealed class QueueInstruments : IDisposable
{
    private static readonly double[] Seconds = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10];
    private readonly Meter _meter;
    private readonly Counter<long> _adds;
    private readonly Counter<long> _retries;
    private readonly Histogram<double> _waits;
    private readonly Histogram<double> _works;

    /// <param name="name">The controller's name.</param>
    /// <param name="depth">How many keys wait.</param>
    /// <param name="unfinished">Seconds that the keys in work have taken so far: all together, and the longest.</param>
    public QueueInstruments(string name, Func<long> depth, Func<(double Sum, double Longest)> unfinished)
    {
        _meter = new Meter(new MeterOptions("Orchestrator.Client.Queues") { Tags = [new("name", name)] });
        _adds = _meter.CreateCounter<long>("workqueue_adds_total", description: "[BETA] Total number of adds handled by workqueue");
        _retries = _meter.CreateCounter<long>("workqueue_retries_total", description: "[BETA] Total number of retries handled by workqueue");
        var buckets = new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds };
        _waits = _meter.CreateHistogram(
            "workqueue_queue_duration_seconds", description: "[BETA] How long in seconds an item stays in workqueue before being requested.", advice: buckets);
        _works = _meter.CreateHistogram(
            "workqueue_work_duration_seconds", description: "[BETA] How long in seconds processing an item from workqueue takes.", advice: buckets);
        _meter.CreateObservableGauge("workqueue_depth", depth, description: "[BETA] Current depth of workqueue");
        _meter.CreateObservableGauge(
            "workqueue_unfinished_work_seconds", () => unfinished().Sum,
            description: "[BETA] How many seconds of work has been done that is in progress and hasn't been observed by work_duration.");
        _meter.CreateObservableGauge(
            "workqueue_longest_running_processor_seconds", () => unfinished().Longest,
            description: "[BETA] How many seconds has the longest running processor for workqueue been running.");
    }

    public void Added() => _adds.Add(1);

    public void Retried() => _retries.Add(1);

    public void Taken(TimeSpan waited) => _waits.Record(waited.TotalSeconds);

    public void Done(TimeSpan worked) => _works.Record(worked.TotalSeconds);

    public void Dispose() => _meter.Dispose();
}
