using Orchestrator.ApiServer.Metrics;

namespace Orchestrator.ApiServer.Fairness;

/// <summary>apiserver_flowcontrol_*, as upstream names them.</summary>
internal sealed class FairnessInstruments(MetricRegistry metrics)
{
    private const string Schema = "flow_schema";
    private const string Level = "priority_level";
    private static readonly double[] Buckets = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];

    private readonly SeriesFamily<Counter> _dispatched = metrics.Counter(
        "apiserver_flowcontrol_dispatched_requests_total", "[BETA] Number of requests executed by API Priority and Fairness subsystem", Schema, Level);

    private readonly SeriesFamily<Counter> _rejected = metrics.Counter(
        "apiserver_flowcontrol_rejected_requests_total", "[BETA] Number of requests rejected by API Priority and Fairness subsystem", Schema, Level, "reason");

    private readonly SeriesFamily<Gauge> _executing = metrics.Gauge(
        "apiserver_flowcontrol_current_executing_requests",
        "[BETA] Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem", Schema, Level);

    private readonly SeriesFamily<Gauge> _seats = metrics.Gauge(
        "apiserver_flowcontrol_current_executing_seats",
        "[BETA] Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem", Schema, Level);

    private readonly SeriesFamily<Gauge> _queued = metrics.Gauge(
        "apiserver_flowcontrol_current_inqueue_requests", "[BETA] Number of requests currently pending in queues of the API Priority and Fairness subsystem", Schema, Level);

    private readonly SeriesFamily<Histogram> _waits = metrics.Histogram(
        "apiserver_flowcontrol_request_wait_duration_seconds", "[BETA] Length of time a request spent waiting in its queue", Buckets, "execute", Schema, Level);

    private readonly SeriesFamily<Histogram> _runs = metrics.Histogram(
        "apiserver_flowcontrol_request_execution_seconds",
        "[ALPHA] Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem", Buckets, Schema, Level, "type");

    private readonly SeriesFamily<Gauge> _nominal = metrics.Gauge("apiserver_flowcontrol_nominal_limit_seats", "[BETA] Nominal number of execution seats configured for each priority level", Level);

    private readonly SeriesFamily<Gauge> _current = metrics.Gauge("apiserver_flowcontrol_current_limit_seats", "[ALPHA] current derived number of execution seats available to each priority level", Level);

    private readonly SeriesFamily<Gauge> _lower = metrics.Gauge("apiserver_flowcontrol_lower_limit_seats", "[ALPHA] Configured lower bound on number of execution seats available to each priority level", Level);

    private readonly SeriesFamily<Gauge> _upper = metrics.Gauge("apiserver_flowcontrol_upper_limit_seats", "[ALPHA] Configured upper bound on number of execution seats available to each priority level", Level);

    /// <summary>Shows what upstream has renamed under the old names as well.</summary>
    public void ShowOldNames()
    {
        metrics.Alias(
            "apiserver_flowcontrol_request_concurrency_in_use",
            "[ALPHA] Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem",
            "gauge",
            _seats);
        metrics.Alias("apiserver_flowcontrol_request_concurrency_limit", "[ALPHA] Nominal number of execution seats configured for each priority level", "gauge", _nominal);
    }

    public FlowSeries Of(string schema, string level) => new(
        _dispatched.With(schema, level),
        _executing.With(schema, level),
        _seats.With(schema, level),
        _queued.With(schema, level),
        _waits.With("true", schema, level),
        _runs.With(schema, level, "regular"),
        reason => _rejected.With(schema, level, reason));

    public void Limits(string level, SeatLimits limits, int current)
    {
        _nominal.With(level).Value = limits.Nominal;
        _lower.With(level).Value = limits.Lower;
        _upper.With(level).Value = limits.Upper;
        _current.With(level).Value = current;
    }
}
