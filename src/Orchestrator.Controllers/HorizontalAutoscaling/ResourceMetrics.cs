using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.HorizontalAutoscaling;

/// <summary>Reads pods' usage from the resource metrics API, whoever serves that.</summary>
internal sealed class ResourceMetrics(IClusterClient client)
{
    private static readonly ResourceInfo Pods = new()
    {
        Group = "metrics.k8s.io", Version = "v1beta1", Resource = "pods", Singular = "pod", Kind = "PodMetrics", Namespaced = true, Verbs = ["get", "list"],
    };

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
        var listed = await client.ListAsync<ApiObject>(new(Pods, ns), new ListOptions { LabelSelector = selector }, cancellationToken);
        if (listed.Error is { } error)
        {
            throw new MetricException("unable to fetch metrics from resource metrics API: "
                + (listed.IsNotFound ? "the server could not find the requested resource (get pods.metrics.k8s.io)" : error.Message));
        }

        var metrics = new Dictionary<string, PodMetric>(StringComparer.Ordinal);
        foreach (var item in listed.Value.Items)
        {
            using var document = JsonDocument.Parse(ApiJson.WriteToArray(item));
            if (UsageOf(document.RootElement, resource, container) is { } usage)
            {
                metrics[item.Metadata.Name] = new(usage, TimestampOf(document.RootElement), WindowOf(document.RootElement));
            }
            else if (container.Length > 0)
            {
                throw new MetricException($"container {container} not present in metrics for pod {ns}/{item.Metadata.Name}");
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
