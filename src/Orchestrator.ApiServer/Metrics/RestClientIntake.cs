using System.Collections.Concurrent;
using System.Globalization;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>Publishes what the runtime measures of HTTP requests that this process makes as upstream's <c>rest_client_*</c>.</summary>
internal sealed class RestClientIntake(MetricRegistry registry)
{
    public const string Meter = "System.Net.Http";
    public const string Instrument = "http.client.request.duration";
    private static readonly double[] Buckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

    private readonly SeriesFamily<Counter> _requests = registry.Counter(
        "rest_client_requests_total", "[ALPHA] Number of HTTP requests, partitioned by status code, method, and host.", "code", "host", "method");

    private readonly SeriesFamily<Histogram> _durations = registry.Histogram(
        "rest_client_request_duration_seconds", "[ALPHA] Request latency in seconds. Broken down by verb, and host.", Buckets, "host", "verb");

    private readonly ConcurrentDictionary<(string Method, int Code, string Host, int Port), (Counter Count, Histogram Duration)> _series = [];

    public void Take(double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var (method, code, host, port) = ("", 0, "", 0);
        foreach (var (name, value) in tags)
        {
            switch (name)
            {
                case "http.request.method":
                    method = value as string ?? "";
                    break;
                case "http.response.status_code":
                    code = value is int status ? status : 0;
                    break;
                case "server.address":
                    host = value as string ?? "";
                    break;
                case "server.port":
                    port = value is int number ? number : 0;
                    break;
            }
        }

        var key = (method, code, host, port);
        if (!_series.TryGetValue(key, out var series))
        {
            var place = host + ":" + port.ToString(CultureInfo.InvariantCulture);
            series = _series.GetOrAdd(key, (
                _requests.With(code == 0 ? "<error>" : code.ToString(CultureInfo.InvariantCulture), place, method),
                _durations.With(place, method)));
        }

        series.Count.Increment();
        series.Duration.Observe(seconds);
    }
}
