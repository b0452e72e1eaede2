using Orchestrator.Api.Autoscaling.V2;

namespace Orchestrator.Controllers.HorizontalAutoscaling;

/// <summary>Limits a recommendation: to what was recommended of late, to the speed that the autoscaler's behavior allows, to its minimum and maximum.</summary>
internal static class ScalingRules
{
    // Without a behavior: at most double, but four are always allowed.
    private const int ScaleUpFactor = 2;
    private const int ScaleUpMin = 4;

    /// <summary>The longest window that a behavior may name.</summary>
    private static readonly TimeSpan WindowMax = TimeSpan.FromHours(1);

    /// <returns>The number to scale to, and what limited it: the reason and message of ScalingLimited; and those of AbleToScale.</returns>
    public static ScalingLimits Limit(
        HorizontalPodAutoscaler autoscaler, int currentReplicas, int recommended, int minReplicas, ScalingHistory history, TimeSpan downscaleStabilization, DateTimeOffset now)
    {
        var behavior = autoscaler.Spec.Behavior;
        var upWindow = TimeSpan.FromSeconds(behavior?.ScaleUp?.StabilizationWindowSeconds ?? 0);
        var downWindow = behavior?.ScaleDown?.StabilizationWindowSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : downscaleStabilization;
        var lowest = Math.Min(recommended, history.RecommendedSince(now - upWindow).DefaultIfEmpty(recommended).Min());
        var highest = Math.Max(recommended, history.RecommendedSince(now - downWindow).DefaultIfEmpty(recommended).Max());
        history.Recommend(recommended, now, WindowMax);

        // Without a behavior only the way down is steadied, whatever the present size.
        var steady = behavior is null ? highest : Math.Min(Math.Max(currentReplicas, lowest), highest);
        var (able, ableMessage) = steady == recommended ? ("ReadyForNewScale", "recommended size matches current size")
            : behavior is not null && recommended >= currentReplicas
                ? ("ScaleUpStabilized", "recent recommendations were lower than current one, applying the lowest recent recommendation")
                : ("ScaleDownStabilized", "recent recommendations were higher than current one, applying the highest recent recommendation");
        var (replicas, reason, message) = behavior is null
            ? WithinDefaults(currentReplicas, steady, minReplicas, autoscaler.Spec.MaxReplicas)
            : WithinBehavior(behavior, currentReplicas, steady, minReplicas, autoscaler.Spec.MaxReplicas, history, now);
        return new(replicas, IsLimited: replicas != steady, reason, message, able, ableMessage);
    }

    private static (int Replicas, string Reason, string Message) WithinDefaults(int current, int wanted, int min, int max)
    {
        var upLimit = Math.Max(ScaleUpFactor * current, ScaleUpMin);
        if (wanted < min)
        {
            return (min, "TooFewReplicas", "the desired replica count is less than the minimum replica count");
        }

        return wanted > Math.Min(max, upLimit)
            ? max > upLimit
                ? (upLimit, "ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
                : (max, "TooManyReplicas", "the desired replica count is more than the maximum replica count")
            : (wanted, "DesiredWithinRange", "the desired count is within the acceptable range");
    }

    private static (int Replicas, string Reason, string Message) WithinBehavior(
        HorizontalPodAutoscalerBehavior behavior, int current, int wanted, int min, int max, ScalingHistory history, DateTimeOffset now)
    {
        if (wanted > current)
        {
            var limit = Math.Max(current, UpLimit(behavior.ScaleUp ?? HPAScalingRules.Empty, current, history, now));
            if (wanted > Math.Min(max, limit))
            {
                return max > limit
                    ? (limit, "ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
                    : (max, "TooManyReplicas", "the desired replica count is more than the maximum replica count");
            }
        }
        else if (wanted < current)
        {
            var limit = Math.Min(current, DownLimit(behavior.ScaleDown ?? HPAScalingRules.Empty, current, history, now));
            if (wanted < Math.Max(min, limit))
            {
                return min < limit
                    ? (limit, "ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate")
                    : (min, "TooFewReplicas", "the desired replica count is less than the minimum replica count");
            }
        }

        return (wanted, "DesiredWithinRange", "the desired count is within the acceptable range");
    }

    private static int UpLimit(HPAScalingRules rules, int current, ScalingHistory history, DateTimeOffset now)
    {
        if (rules.SelectPolicy == "Disabled")
        {
            return current;
        }

        var proposals = rules.Policies.Select(policy =>
        {
            var (added, removed) = history.ChangedSince(now - TimeSpan.FromSeconds(policy.PeriodSeconds));
            var atStart = current - added + removed;
            return policy.Type == "Pods" ? atStart + policy.Value : (int)Math.Ceiling(atStart * (1 + (policy.Value / 100.0)));
        });
        return rules.SelectPolicy == "Min" ? proposals.DefaultIfEmpty(int.MaxValue).Min() : proposals.DefaultIfEmpty(int.MinValue).Max();
    }

    private static int DownLimit(HPAScalingRules rules, int current, ScalingHistory history, DateTimeOffset now)
    {
        if (rules.SelectPolicy == "Disabled")
        {
            return current;
        }

        var proposals = rules.Policies.Select(policy =>
        {
            var (added, removed) = history.ChangedSince(now - TimeSpan.FromSeconds(policy.PeriodSeconds));
            var atStart = current - added + removed;
            return policy.Type == "Pods" ? atStart - policy.Value : (int)(atStart * (1 - (policy.Value / 100.0)));
        });

        // The policy that changes most allows the lowest number.
        return rules.SelectPolicy == "Min" ? proposals.DefaultIfEmpty(int.MinValue).Max() : proposals.DefaultIfEmpty(int.MaxValue).Min();
    }
}
