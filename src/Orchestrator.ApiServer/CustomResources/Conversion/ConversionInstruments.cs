using Orchestrator.ApiServer.Metrics;

namespace Orchestrator.ApiServer.CustomResources.Conversion;

/// <summary>How often and how fast conversion webhooks answer.</summary>
internal sealed class ConversionInstruments(MetricRegistry metrics)
{
    private static readonly double[] Buckets = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 45, 60];
    private static readonly double[] DefinitionBuckets = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384];

    private readonly SeriesFamily<Counter> _requests = metrics.Counter(
        "apiserver_conversion_webhook_request_total", "[ALPHA] Counter for conversion webhook requests with success/failure and failure error type", "failure_type", "result");

    private readonly SeriesFamily<Histogram> _durations = metrics.Histogram(
        "apiserver_conversion_webhook_duration_seconds", "[ALPHA] Conversion webhook request latency", Buckets, "failure_type", "result");

    private readonly SeriesFamily<Histogram> _byDefinition = metrics.Histogram(
        "apiserver_crd_conversion_webhook_duration_seconds", "[ALPHA] CRD webhook conversion duration in seconds", DefinitionBuckets,
        "crd_name", "from_version", "succeeded", "to_version");

    /// <summary>A webhook was asked.</summary>
    /// <param name="definition">Whose objects it converts.</param>
    /// <param name="from">The version it was given, without its group.</param>
    /// <param name="to">The version it was asked for.</param>
    /// <param name="failure">What went wrong, in upstream's closed set; "" for nothing.</param>
    /// <param name="elapsed">How long it took.</param>
    public void Asked(string definition, string from, string to, string failure, TimeSpan elapsed)
    {
        var result = failure.Length == 0 ? "success" : "failure";
        _requests.With(failure, result).Increment();
        _durations.With(failure, result).Observe(elapsed);
        _byDefinition.With(definition, from, failure.Length == 0 ? "true" : "false", to).Observe(elapsed);
    }
}
