using Orchestrator.Api;
using Orchestrator.Api.Autoscaling.V2;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Autoscalers of both versions.</summary>
internal static class AutoscalingDefaults
{
    private const int DefaultCpuUtilization = 80;

    public static void V1(Api.Autoscaling.V1.HorizontalPodAutoscaler autoscaler)
    {
        var spec = autoscaler.Own<Api.Autoscaling.V1.HorizontalPodAutoscalerSpec>(Api.Autoscaling.V1.HorizontalPodAutoscaler.Fields.Spec);
        spec.Default(Api.Autoscaling.V1.HorizontalPodAutoscalerSpec.Fields.MinReplicas, 1);
        if (!autoscaler.Metadata.Annotations.ContainsKey("autoscaling.alpha.kubernetes.io/metrics"))
        {
            spec.Default(Api.Autoscaling.V1.HorizontalPodAutoscalerSpec.Fields.TargetCPUUtilizationPercentage, DefaultCpuUtilization);
        }
    }

    public static void V2(HorizontalPodAutoscaler autoscaler)
    {
        var spec = autoscaler.Own<HorizontalPodAutoscalerSpec>(HorizontalPodAutoscaler.Fields.Spec);
        spec.Default(HorizontalPodAutoscalerSpec.Fields.MinReplicas, 1);
        if (spec.Metrics.Count == 0)
        {
            spec.Set(HorizontalPodAutoscalerSpec.Fields.Metrics, ApiList.Create<MetricSpec>([DefaultMetric()]));
        }

        if (spec.Behavior is { } behavior)
        {
            ScaleUp(behavior.Own<HPAScalingRules>(HorizontalPodAutoscalerBehavior.Fields.ScaleUp));
            ScaleDown(behavior.Own<HPAScalingRules>(HorizontalPodAutoscalerBehavior.Fields.ScaleDown));
        }
    }

    public static MetricSpec DefaultMetric() => new()
    {
        Type = "Resource",
        Resource = new() { Name = "cpu", Target = new() { Type = "Utilization", AverageUtilization = DefaultCpuUtilization } },
    };

    private static void ScaleUp(HPAScalingRules rules)
    {
        rules.Default(HPAScalingRules.Fields.StabilizationWindowSeconds, 0);
        rules.Default(HPAScalingRules.Fields.SelectPolicy, "Max");
        rules.Default(HPAScalingRules.Fields.Policies, ApiList.Create<HPAScalingPolicy>([Policy("Pods", 4), Policy("Percent", 100)]));
    }

    private static void ScaleDown(HPAScalingRules rules)
    {
        rules.Default(HPAScalingRules.Fields.SelectPolicy, "Max");
        rules.Default(HPAScalingRules.Fields.Policies, ApiList.Create<HPAScalingPolicy>([Policy("Percent", 100)]));
    }

    private static HPAScalingPolicy Policy(string type, int value) => new() { Type = type, Value = value, PeriodSeconds = 15 };
}
