using Orchestrator.ApiServer.Admission;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>How long admission takes, plugin by plugin and as a whole.</summary>
internal sealed class AdmissionInstruments(MetricRegistry metrics, TimeProvider time)
{
    private static readonly double[] Buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5];

    private readonly SeriesFamily<Histogram> _plugins = metrics.Histogram(
        "apiserver_admission_controller_admission_duration_seconds",
        "[STABLE] Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).",
        Buckets, "name", "operation", "rejected", "type");

    private readonly SeriesFamily<Histogram> _steps = metrics.Histogram(
        "apiserver_admission_step_admission_duration_seconds",
        "[STABLE] Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).",
        Buckets, "operation", "rejected", "type");

    private readonly SeriesFamily<Histogram> _webhooks = metrics.Histogram(
        "apiserver_admission_webhook_admission_duration_seconds",
        "[STABLE] Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).",
        [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25], "name", "operation", "rejected", "type");

    private readonly SeriesFamily<Counter> _calls = metrics.Counter(
        "apiserver_admission_webhook_request_total",
        "[ALPHA] Admission webhook request total, identified by name and broken out for each admission type (validating or mutating) and operation, and by HTTP status code of the answer.",
        "code", "name", "operation", "rejected", "type");

    public TimeProvider Time { get; } = time;

    /// <summary>A webhook was called.</summary>
    /// <param name="name">The webhook's.</param>
    /// <param name="operation">CREATE, UPDATE, DELETE or CONNECT.</param>
    /// <param name="type"><c>admit</c> or <c>validating</c>.</param>
    /// <param name="rejected">Whether it refused the request, or could not be asked.</param>
    /// <param name="answered">Whether it answered at all.</param>
    /// <param name="startedAt">The clock's timestamp before the call.</param>
    public void WebhookCalled(string name, string operation, string type, bool rejected, bool answered, long startedAt)
    {
        var refused = rejected ? "true" : "false";
        _webhooks.With(name, operation, refused, type).Observe(Time.GetElapsedTime(startedAt));
        _calls.With(answered ? "200" : "0", name, operation, refused, type).Increment();
    }

    /// <summary>The series of a chain's plugins for one operation.</summary>
    /// <param name="names">The plugins, in order.</param>
    /// <param name="operation">What is done.</param>
    /// <param name="type"><c>admit</c> or <c>validate</c>.</param>
    public AdmissionTimers Timers(IReadOnlyList<string> names, AdmissionOperation operation, string type)
    {
        var verb = operation.ToString().ToUpperInvariant();
        return new(
            this,
            names.Select(n => _plugins.With(n, verb, "false", type)).ToArray(),
            i => _plugins.With(names[i], verb, "true", type),
            _steps.With(verb, "false", type),
            () => _steps.With(verb, "true", type));
    }
}
