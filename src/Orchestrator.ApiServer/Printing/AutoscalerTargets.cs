using Orchestrator.Api;
using Orchestrator.Api.Autoscaling.V2;

namespace Orchestrator.ApiServer.Printing;

/// <summary>What an autoscaler aims at, beside what is: <c>cpu: 12%/80%</c>.</summary>
internal static class AutoscalerTargets
{
    private const string Unknown = "<unknown>";

    public static string Text(HorizontalPodAutoscaler autoscaler)
    {
        var metrics = autoscaler.Spec.Metrics;
        if (metrics.Count == 0)
        {
            return "<none>";
        }

        var texts = new List<string>();
        for (var i = 0; i < Math.Min(2, metrics.Count); i++)
        {
            texts.Add(One(metrics[i], i < autoscaler.Status.CurrentMetrics.Count ? autoscaler.Status.CurrentMetrics[i] : null));
        }

        return string.Join(", ", texts) + (metrics.Count > 2 ? $" + {metrics.Count - 2} more..." : "");
    }

    private static string One(MetricSpec metric, MetricStatus? status) => metric.Type switch
    {
        "Resource" => Resource(metric.Resource?.Name ?? "", metric.Resource?.Target ?? MetricTarget.Empty, status?.Resource?.Current),
        "ContainerResource" => Resource(metric.ContainerResource?.Name ?? "", metric.ContainerResource?.Target ?? MetricTarget.Empty, status?.ContainerResource?.Current),
        "Pods" => $"{Value(status?.Pods?.Current.AverageValue)}/{Value(metric.Pods?.Target.AverageValue)}",
        "Object" => Either(metric.Object?.Target, status?.Object?.Current),
        "External" => Either(metric.External?.Target, status?.External?.Current),
        _ => "<unknown type>",
    };

    private static string Resource(string name, MetricTarget target, MetricValueStatus? current) => target.AverageValue is { } average
        ? $"{name}: {Value(current?.AverageValue)}/{average}"
        : $"{name}: {(current?.AverageUtilization is { } used ? used + "%" : Unknown)}/{(target.AverageUtilization is { } wanted ? wanted + "%" : "<auto>")}";

    private static string Either(MetricTarget? target, MetricValueStatus? current) => target?.AverageValue is { } average
        ? $"{Value(current?.AverageValue)}/{average} (avg)"
        : $"{Value(current?.Value)}/{Value(target?.Value)}";

    private static string Value(Quantity? quantity) => quantity?.ToString() ?? Unknown;
}
