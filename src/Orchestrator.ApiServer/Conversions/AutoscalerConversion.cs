using System.Text;
using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;
using V1 = Orchestrator.Api.Autoscaling.V1;
using V2 = Orchestrator.Api.Autoscaling.V2;

namespace Orchestrator.ApiServer.Conversions;

/// <summary>
/// Autoscalers v1 know one metric, CPU; whatever else a v2 one has travels in annotations of the v1 form, so that reading as v1 and writing back loses nothing.
/// </summary>
internal static class AutoscalerConversion
{
    private const string Prefix = "autoscaling.alpha.kubernetes.io/";
    private const string MetricsKey = Prefix + "metrics";
    private const string BehaviorKey = Prefix + "behavior";
    private const string CurrentMetricsKey = Prefix + "current-metrics";
    private const string ConditionsKey = Prefix + "conditions";

    public static V2.HorizontalPodAutoscaler ToV2(V1.HorizontalPodAutoscaler source)
    {
        var annotations = source.Metadata.Annotations;
        var metrics = new List<V2.MetricSpec>();
        if (source.Spec.TargetCPUUtilizationPercentage is { } cpu)
        {
            metrics.Add(AutoscalingDefaults.DefaultMetric() with { Resource = new() { Name = "cpu", Target = new() { Type = "Utilization", AverageUtilization = cpu } } });
        }

        if (TryReadList<V1.MetricSpec>(annotations, MetricsKey) is { } others)
        {
            metrics.InsertRange(0, others.Select(AutoscalerMetrics.ToV2));
        }

        if (metrics.Count == 0)
        {
            metrics.Add(AutoscalingDefaults.DefaultMetric());
        }

        var spec = new V2.HorizontalPodAutoscalerSpec
        {
            ScaleTargetRef = ToV2(source.Spec.ScaleTargetRef),
            MinReplicas = source.Spec.MinReplicas,
            MaxReplicas = source.Spec.MaxReplicas,
            Metrics = metrics.ToApiList(),
            Behavior = ReadBehavior(annotations),
        };
        var status = new V2.HorizontalPodAutoscalerStatus
        {
            ObservedGeneration = source.Status.ObservedGeneration,
            LastScaleTime = source.Status.LastScaleTime,
            CurrentReplicas = source.Status.CurrentReplicas,
            DesiredReplicas = source.Status.DesiredReplicas,
            CurrentMetrics = TryReadList<V1.MetricStatus>(annotations, CurrentMetricsKey)?.Select(AutoscalerMetrics.ToV2).ToApiList()
                ?? (source.Status.CurrentCPUUtilizationPercentage is { } used
                    ? [new V2.MetricStatus { Type = "Resource", Resource = new() { Name = "cpu", Current = new() { AverageUtilization = used } } }]
                    : []),
            Conditions = TryReadList<V2.HorizontalPodAutoscalerCondition>(annotations, ConditionsKey)?.ToApiList() ?? [],
        };
        return new()
        {
            Kind = "HorizontalPodAutoscaler",
            ApiVersion = "autoscaling/v2",
            Metadata = source.Metadata with { Annotations = WithoutOurs(annotations) },
            Spec = spec,
            Status = status,
        };
    }

    public static V1.HorizontalPodAutoscaler ToV1(V2.HorizontalPodAutoscaler source)
    {
        var annotations = WithoutOurs(source.Metadata.Annotations);
        var others = source.Spec.Metrics.Where(static m => !IsCpuUtilization(m)).Select(AutoscalerMetrics.ToV1).ToArray();
        if (others.Length > 0)
        {
            annotations = annotations.With(MetricsKey, Text(ApiList.Create<V1.MetricSpec>(others)));
        }

        if (source.Spec.Behavior is { } behavior)
        {
            annotations = annotations.With(BehaviorKey, new InternalValue(behavior).ToString());
        }

        if (source.Status.CurrentMetrics.Count > 0)
        {
            annotations = annotations.With(CurrentMetricsKey, Text(source.Status.CurrentMetrics.Select(AutoscalerMetrics.ToV1).ToApiList()));
        }

        if (source.Status.Conditions.Count > 0)
        {
            annotations = annotations.With(ConditionsKey, Text(source.Status.Conditions));
        }

        var cpu = source.Spec.Metrics.FirstOrDefault(static m => m is { Type: "Resource", Resource.Name: "cpu" });
        var used = source.Status.CurrentMetrics.FirstOrDefault(static m => m is { Type: "Resource", Resource: { Name: "cpu", Current.AverageUtilization: not null } });
        return new()
        {
            Kind = "HorizontalPodAutoscaler",
            ApiVersion = "autoscaling/v1",
            Metadata = source.Metadata with { Annotations = annotations },
            Spec = new()
            {
                ScaleTargetRef = new() { Kind = source.Spec.ScaleTargetRef.Kind, Name = source.Spec.ScaleTargetRef.Name, ApiVersion = source.Spec.ScaleTargetRef.ApiVersion },
                MinReplicas = source.Spec.MinReplicas,
                MaxReplicas = source.Spec.MaxReplicas,
                TargetCPUUtilizationPercentage = cpu?.Resource?.Target.AverageUtilization,
            },
            Status = new()
            {
                ObservedGeneration = source.Status.ObservedGeneration,
                LastScaleTime = source.Status.LastScaleTime,
                CurrentReplicas = source.Status.CurrentReplicas,
                DesiredReplicas = source.Status.DesiredReplicas,
                CurrentCPUUtilizationPercentage = used?.Resource?.Current.AverageUtilization,
            },
        };
    }

    private static V2.CrossVersionObjectReference ToV2(V1.CrossVersionObjectReference reference) =>
        new() { Kind = reference.Kind, Name = reference.Name, ApiVersion = reference.ApiVersion };

    private static bool IsCpuUtilization(V2.MetricSpec metric) => metric is { Type: "Resource", Resource: { Name: "cpu", Target.AverageUtilization: not null } };

    private static ApiMap<string> WithoutOurs(ApiMap<string> annotations) =>
        annotations.Without(MetricsKey).Without(BehaviorKey).Without(CurrentMetricsKey).Without(ConditionsKey);

    private static string Text(object value) => Encoding.UTF8.GetString(ApiJson.WriteValueToArray(value));

    /// <summary>The list in an annotation; null if it is absent or unreadable, which upstream passes over too.</summary>
    private static List<T>? TryReadList<T>(ApiMap<string> annotations, string key)
        where T : ApiStruct, new()
    {
        if (!annotations.TryGetValue(key, out var text) || text.Length == 0)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Array
                ? document.RootElement.EnumerateArray().Select(static e => ApiJson.Read<T>(Encoding.UTF8.GetBytes(e.GetRawText()))).ToList()
                : null;
        }
        catch (Exception e) when (e is JsonException or ApiDecodeException)
        {
            return null;
        }
    }

    /// <summary>The behavior is written with the internal type's names, and read whatever their case.</summary>
    private static V2.HorizontalPodAutoscalerBehavior? ReadBehavior(ApiMap<string> annotations)
    {
        if (!annotations.TryGetValue(BehaviorKey, out var text) || text.Length == 0)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            var json = Encoding.UTF8.GetBytes(LowerNames(document.RootElement));
            var behavior = ApiJson.Read<V2.HorizontalPodAutoscalerBehavior>(json);
            return behavior.IsZero ? null : behavior.DeepCopy();
        }
        catch (Exception e) when (e is JsonException or ApiDecodeException)
        {
            return null;
        }
    }

    private static string LowerNames(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(",", element.EnumerateObject().Select(static p =>
            JsonSerializer.Serialize(p.Name.Length == 0 ? p.Name : char.ToLowerInvariant(p.Name[0]) + p.Name[1..]) + ":" + LowerNames(p.Value))) + "}",
        JsonValueKind.Array => "[" + string.Join(",", element.EnumerateArray().Select(LowerNames)) + "]",
        _ => element.GetRawText(),
    };
}
