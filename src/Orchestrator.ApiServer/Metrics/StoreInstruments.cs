using System.Collections.Concurrent;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>What the store holds and how long its commits take. Reads are answered from memory and are not worth a measurement.</summary>
internal sealed class StoreInstruments
{
    private static readonly double[] Buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
    private readonly SeriesFamily<Histogram> _duration;
    private readonly SeriesFamily<Counter> _total;
    private readonly SeriesFamily<Counter> _errors;
    private readonly ConcurrentDictionary<(string Collection, OperationKind Kind, bool Create), Series> _series = [];

    public StoreInstruments(MetricRegistry metrics, IStore store)
    {
        _duration = metrics.Histogram("etcd_request_duration_seconds", "[ALPHA] Etcd request latency in seconds for each operation and object type.", Buckets, "group", "operation", "resource");
        _total = metrics.Counter("etcd_requests_total", "[ALPHA] Etcd request counts for each operation and object type.", "group", "operation", "resource");
        _errors = metrics.Counter("etcd_request_errors_total", "[ALPHA] Etcd failed request counts for each operation and object type.", "group", "operation", "resource");
        metrics.Polled("apiserver_storage_objects", "[STABLE] [DEPRECATED, consider using apiserver_resource_objects instead] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.", ["resource"], () =>
            store.Collections.Select(c => (new[] { Group(c).Length == 0 ? c : Resource(c) + "." + Group(c) }, (double)store.Snapshot(c).Count)));
        metrics.Polled("apiserver_resource_objects", "[ALPHA] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.", ["group", "resource"], () =>
            store.Collections.Select(c => (new[] { Group(c), Resource(c) }, (double)store.Snapshot(c).Count)));
        metrics.Polled("apiserver_storage_current_revision", "The store's newest revision.", () => store.CurrentRevision.Value);
    }

    /// <summary>A commit of which this is the first operation is done.</summary>
    public void Committed(Operation operation, TimeSpan elapsed, bool failed)
    {
        var key = (operation.Key.Collection, operation.Kind, operation.Expectation.Kind == ExpectationKind.Absent);
        if (!_series.TryGetValue(key, out var series))
        {
            series = _series.GetOrAdd(key, Make(operation, key.Item3));
        }

        series.Total.Increment();
        series.Duration.Observe(elapsed);
        if (failed)
        {
            series.Errors.Increment();
        }
    }

    private Series Make(Operation operation, bool create)
    {
        var (group, resource) = (Group(operation.Key.Collection), Resource(operation.Key.Collection));
        var verb = operation.Kind == OperationKind.Delete ? "delete" : create ? "create" : "update";
        return new(_duration.With(group, verb, resource), _total.With(group, verb, resource), _errors.With(group, verb, resource));
    }

    private static string Group(string collection) => collection.LastIndexOf('/') is > 0 and var cut ? collection[..cut] : "";

    private static string Resource(string collection) => collection[(collection.LastIndexOf('/') + 1)..];

    private sealed record Series(Histogram Duration, Counter Total, Counter Errors);
}
