using Orchestrator.Api;
using V1 = Orchestrator.Api.Autoscaling.V1;
using V2 = Orchestrator.Api.Autoscaling.V2;

namespace Orchestrator.ApiServer.Conversions;

/// <summary>Metrics of autoscalers, in the form that annotations of v1 hold and in that of v2.</summary>
internal static class AutoscalerMetrics
{
    public static V2.MetricSpec ToV2(V1.MetricSpec metric) => new()
    {
        Type = metric.Type,
        Object = metric.Object is { } o
            ? new()
            {
                DescribedObject = ToV2(o.Target),
                Metric = new() { Name = o.MetricName, Selector = o.Selector },
                Target = new() { Type = o.AverageValue is null ? "Value" : "AverageValue", Value = o.TargetValue ?? Quantity.Zero, AverageValue = o.AverageValue },
            }
            : null,
        Pods = metric.Pods is { } p
            ? new() { Metric = new() { Name = p.MetricName, Selector = p.Selector }, Target = new() { Type = "AverageValue", AverageValue = p.TargetAverageValue ?? Quantity.Zero } }
            : null,
        Resource = metric.Resource is { } r ? new() { Name = r.Name, Target = Target(r.TargetAverageUtilization, r.TargetAverageValue) } : null,
        ContainerResource = metric.ContainerResource is { } c
            ? new() { Name = c.Name, Container = c.Container, Target = Target(c.TargetAverageUtilization, c.TargetAverageValue) }
            : null,
        External = metric.External is { } e
            ? new()
            {
                Metric = new() { Name = e.MetricName, Selector = e.MetricSelector },
                Target = new() { Type = e.TargetValue is null ? "AverageValue" : "Value", Value = e.TargetValue, AverageValue = e.TargetAverageValue },
            }
            : null,
    };

    public static V1.MetricSpec ToV1(V2.MetricSpec metric) => new()
    {
        Type = metric.Type,
        Object = metric.Object is { } o
            ? new() { Target = ToV1(o.DescribedObject), MetricName = o.Metric.Name, Selector = o.Metric.Selector, TargetValue = o.Target.Value ?? Quantity.Zero, AverageValue = o.Target.AverageValue }
            : null,
        Pods = metric.Pods is { } p ? new() { MetricName = p.Metric.Name, Selector = p.Metric.Selector, TargetAverageValue = p.Target.AverageValue ?? Quantity.Zero } : null,
        Resource = metric.Resource is { } r
            ? new() { Name = r.Name, TargetAverageUtilization = r.Target.AverageUtilization, TargetAverageValue = r.Target.AverageValue }
            : null,
        ContainerResource = metric.ContainerResource is { } c
            ? new() { Name = c.Name, Container = c.Container, TargetAverageUtilization = c.Target.AverageUtilization, TargetAverageValue = c.Target.AverageValue }
            : null,
        External = metric.External is { } e
            ? new() { MetricName = e.Metric.Name, MetricSelector = e.Metric.Selector, TargetValue = e.Target.Value, TargetAverageValue = e.Target.AverageValue }
            : null,
    };

    public static V2.MetricStatus ToV2(V1.MetricStatus metric) => new()
    {
        Type = metric.Type,
        Object = metric.Object is { } o
            ? new()
            {
                DescribedObject = ToV2(o.Target),
                Metric = new() { Name = o.MetricName, Selector = o.Selector },
                Current = new() { Value = o.CurrentValue ?? Quantity.Zero, AverageValue = o.AverageValue },
            }
            : null,
        Pods = metric.Pods is { } p
            ? new() { Metric = new() { Name = p.MetricName, Selector = p.Selector }, Current = new() { AverageValue = p.CurrentAverageValue ?? Quantity.Zero } }
            : null,
        Resource = metric.Resource is { } r
            ? new() { Name = r.Name, Current = new() { AverageUtilization = r.CurrentAverageUtilization, AverageValue = r.CurrentAverageValue ?? Quantity.Zero } }
            : null,
        ContainerResource = metric.ContainerResource is { } c
            ? new() { Name = c.Name, Container = c.Container, Current = new() { AverageUtilization = c.CurrentAverageUtilization, AverageValue = c.CurrentAverageValue ?? Quantity.Zero } }
            : null,
        External = metric.External is { } e
            ? new()
            {
                Metric = new() { Name = e.MetricName, Selector = e.MetricSelector },
                Current = new() { Value = e.CurrentValue ?? Quantity.Zero, AverageValue = e.CurrentAverageValue },
            }
            : null,
    };

    public static V1.MetricStatus ToV1(V2.MetricStatus metric) => new()
    {
        Type = metric.Type,
        Object = metric.Object is { } o
            ? new() { Target = ToV1(o.DescribedObject), MetricName = o.Metric.Name, Selector = o.Metric.Selector, CurrentValue = o.Current.Value ?? Quantity.Zero, AverageValue = o.Current.AverageValue }
            : null,
        Pods = metric.Pods is { } p ? new() { MetricName = p.Metric.Name, Selector = p.Metric.Selector, CurrentAverageValue = p.Current.AverageValue ?? Quantity.Zero } : null,
        Resource = metric.Resource is { } r
            ? new() { Name = r.Name, CurrentAverageUtilization = r.Current.AverageUtilization, CurrentAverageValue = r.Current.AverageValue ?? Quantity.Zero }
            : null,
        ContainerResource = metric.ContainerResource is { } c
            ? new() { Name = c.Name, Container = c.Container, CurrentAverageUtilization = c.Current.AverageUtilization, CurrentAverageValue = c.Current.AverageValue ?? Quantity.Zero }
            : null,
        External = metric.External is { } e
            ? new() { MetricName = e.Metric.Name, MetricSelector = e.Metric.Selector, CurrentValue = e.Current.Value ?? Quantity.Zero, CurrentAverageValue = e.Current.AverageValue }
            : null,
    };

    private static V2.MetricTarget Target(int? utilization, Quantity? value) =>
        new() { Type = utilization is null ? "AverageValue" : "Utilization", AverageUtilization = utilization, AverageValue = value };

    private static V2.CrossVersionObjectReference ToV2(V1.CrossVersionObjectReference r) => new() { Kind = r.Kind, Name = r.Name, ApiVersion = r.ApiVersion };

    private static V1.CrossVersionObjectReference ToV1(V2.CrossVersionObjectReference r) => new() { Kind = r.Kind, Name = r.Name, ApiVersion = r.ApiVersion };
}
