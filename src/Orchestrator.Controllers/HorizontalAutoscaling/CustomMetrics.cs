using Orchestrator.Api;
using Orchestrator.Api.Autoscaling.V2;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Selectors;
using Orchestrator.Client;

namespace Orchestrator.Controllers.HorizontalAutoscaling;

/// <summary>Reads metrics of pods and of other objects from the custom metrics API, whoever serves that.</summary>
internal sealed class CustomMetrics(MetricsApi api)
{
    private const string Group = "custom.metrics.k8s.io";
    private static readonly string[] Versions = ["v1beta2", "v1beta1"];

    // What counts as the time that a value stands for, where the server does not say.
    private static readonly TimeSpan WindowDefault = TimeSpan.FromMinutes(1);

    /// <summary>A metric of each pod of a selection, by pod name.</summary>
    /// <exception cref="MetricException">There is none.</exception>
    public async ValueTask<Dictionary<string, PodMetric>> OfPodsAsync(string ns, string podSelector, MetricIdentifier metric, CancellationToken cancellationToken)
    {
        var path = $"namespaces/{ns}/pods/*/{MetricsApi.Escape(metric.Name)}?labelSelector={MetricsApi.Escape(podSelector)}{MetricSelector(metric, '&')}";
        var (document, error) = await api.GetAsync(Group, Versions, path, cancellationToken);
        using (document)
        {
            if (document is null)
            {
                throw Refused(error!);
            }

            var values = new Dictionary<string, PodMetric>(StringComparer.Ordinal);
            foreach (var item in MetricsApi.Items(document))
            {
                if (MetricsApi.MilliValueOf(item) is { } value && item.TryGetProperty("describedObject", out var pod) && pod.TryGetProperty("name", out var name))
                {
                    var at = item.TryGetProperty("timestamp", out var time) && time.TryGetDateTimeOffset(out var parsed) ? parsed : DateTimeOffset.UnixEpoch;
                    var window = item.TryGetProperty("windowSeconds", out var seconds) && seconds.TryGetInt64(out var count) ? TimeSpan.FromSeconds(count) : WindowDefault;
                    values[name.GetString()!] = new(value, at, window);
                }
            }

            return values.Count > 0 ? values : throw new MetricException("no metrics returned from custom metrics API");
        }
    }

    /// <summary>A metric of one object, in thousandths.</summary>
    /// <param name="ns">The autoscaler's namespace, where the object is too if it is in any.</param>
    /// <param name="resource">The object's resource.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="metric">Which metric.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="MetricException">There is none.</exception>
    public async ValueTask<long> OfObjectAsync(string ns, ResourceInfo resource, string name, MetricIdentifier metric, CancellationToken cancellationToken)
    {
        var at = resource is { Group: "", Resource: "namespaces" } ? $"namespaces/{name}/metrics"
            : resource.Namespaced ? $"namespaces/{ns}/{resource.GroupResource}/{name}"
            : $"{resource.GroupResource}/{name}";
        var (document, error) = await api.GetAsync(Group, Versions, $"{at}/{MetricsApi.Escape(metric.Name)}{MetricSelector(metric, '?')}", cancellationToken);
        using (document)
        {
            return document is null ? throw Refused(error!)
                : MetricsApi.Items(document).Select(MetricsApi.MilliValueOf).FirstOrDefault()
                ?? throw new MetricException("unable to fetch metrics from custom metrics API: the custom metrics API server returned no results when we asked for exactly one");
        }
    }

    private static string MetricSelector(MetricIdentifier metric, char before) =>
        metric.Selector is { } selector ? $"{before}metricLabelSelector={MetricsApi.Escape(LabelMatcher.From(selector).ToString())}" : "";

    private static MetricException Refused(Status error) => new(
        "unable to fetch metrics from custom metrics API: " + (MetricsApi.IsUnserved(error) ? $"no custom metrics API ({Group}) registered" : error.Message));
}
