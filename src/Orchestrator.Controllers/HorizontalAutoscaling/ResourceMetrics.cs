using System.Text.Json;
using Orchestrator.Api;

namespace Orchestrator.Controllers.HorizontalAutoscaling;

/// <summary>Reads pods' usage from the resource metrics API, whoever serves that.</summary>
internal sealed class ResourceMetrics(MetricsApi api)
{
    private const string Group = "metrics.k8s.io";
    private static readonly string[] Versions = ["v1beta1"];
    private static readonly TimeSpan WindowDefault = TimeSpan.FromMinutes(1);

    /// <summary>What each pod of a selection used, by pod name.</summary>
    /// <param name="ns">The pods' namespace.</param>
    /// <param name="selector">In the API's syntax.</param>
    /// <param name="resource">Such as cpu.</param>
    /// <param name="container">The only container to look at; "" for the sum of all.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="MetricException">There are none.</exception>
    public async ValueTask<Dictionary<string, PodMetric>> ReadAsync(string ns, string selector, string resource, string container, CancellationToken cancellationToken)
    {
        var (document, error) = await api.GetAsync(Group, Versions, $"namespaces/{ns}/pods?labelSelector={MetricsApi.Escape(selector)}", cancellationToken);
        using (document)
        {
            return document is not null ? UsageOf(document, ns, resource, container)
                : throw new MetricException("unable to fetch metrics from resource metrics API: "
                    + (MetricsApi.IsUnserved(error!) ? $"the server could not find the requested resource (get pods.{Group})" : error!.Message));
        }
    }

    private static Dictionary<string, PodMetric> UsageOf(JsonDocument document, string ns, string resource, string container)
    {
        var metrics = new Dictionary<string, PodMetric>(StringComparer.Ordinal);
        foreach (var pod in MetricsApi.Items(document))
        {
            var name = pod.GetProperty("metadata").GetProperty("name").GetString()!;
            if (UsageOf(pod, resource, container) is { } usage)
            {
                metrics[name] = new(usage, TimestampOf(pod), WindowOf(pod));
            }
            else if (container.Length > 0)
            {
                throw new MetricException($"container {container} not present in metrics for pod {ns}/{name}");
            }
        }

        return metrics.Count > 0 ? metrics : throw new MetricException("no metrics returned from resource metrics API");
    }

    /// <summary>Null if a container lacks the resource: part of a pod's usage says nothing about the pod.</summary>
    private static long? UsageOf(JsonElement pod, string resource, string container)
    {
        if (!pod.TryGetProperty("containers", out var containers) || containers.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        long? total = container.Length == 0 ? 0 : null;
        foreach (var entry in containers.EnumerateArray())
        {
            if (container.Length > 0 && entry.GetProperty("name").GetString() != container)
            {
                continue;
            }

            if (!entry.TryGetProperty("usage", out var usage) || !usage.TryGetProperty(resource, out var text) || !Quantity.TryParse(text.GetString() ?? "", out var quantity))
            {
                return null;
            }

            total = (total ?? 0) + quantity.MilliValue;
        }

        return total;
    }

    private static DateTimeOffset TimestampOf(JsonElement pod) =>
        pod.TryGetProperty("timestamp", out var at) && at.TryGetDateTimeOffset(out var parsed) ? parsed : DateTimeOffset.UnixEpoch;

    private static TimeSpan WindowOf(JsonElement pod) =>
        pod.TryGetProperty("window", out var window) && GoDuration.TryParse(window.GetString() ?? "", out var parsed) ? parsed : WindowDefault;
}
