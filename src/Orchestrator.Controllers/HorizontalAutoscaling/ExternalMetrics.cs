using Orchestrator.Api.Autoscaling.V2;
using Orchestrator.Api.Selectors;
using Orchestrator.Client;

namespace Orchestrator.Controllers.HorizontalAutoscaling;

/// <summary>Reads metrics of things outside of the cluster from the external metrics API, whoever serves that.</summary>
internal sealed class ExternalMetrics(MetricsApi api)
{
    private const string Group = "external.metrics.k8s.io";
    private static readonly string[] Versions = ["v1beta1"];

    /// <summary>The sum of the metric's series, in thousandths.</summary>
    /// <exception cref="MetricException">There are none.</exception>
    public async ValueTask<long> SumAsync(string ns, MetricIdentifier metric, CancellationToken cancellationToken)
    {
        // No selector selects all series.
        var query = metric.Selector is { } selector ? "?labelSelector=" + MetricsApi.Escape(LabelMatcher.From(selector).ToString()) : "";
        var (document, error) = await api.GetAsync(Group, Versions, $"namespaces/{ns}/{MetricsApi.Escape(metric.Name)}{query}", cancellationToken);
        using (document)
        {
            if (document is null)
            {
                throw new MetricException("unable to fetch metrics from external metrics API: "
                    + (MetricsApi.IsUnserved(error!) ? $"the server could not find the requested resource (get {metric.Name}.{Group})" : error!.Message));
            }

            var values = MetricsApi.Items(document).Select(MetricsApi.MilliValueOf).OfType<long>().ToList();
            return values.Count > 0 ? values.Sum() : throw new MetricException("no metrics returned from external metrics API");
        }
    }
}
