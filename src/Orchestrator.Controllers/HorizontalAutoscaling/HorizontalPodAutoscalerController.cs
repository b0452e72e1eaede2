using System.Collections.Concurrent;
using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Autoscaling.V2;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Scale = Orchestrator.Api.Autoscaling.V1.Scale;

namespace Orchestrator.Controllers.HorizontalAutoscaling;

/// <summary>HorizontalPodAutoscalers: keeps the size of their targets where their metrics are on target.</summary>
/// <remarks>
/// Each is looked at when it appears or its spec changes, and then once per period, since nobody announces metrics. Metrics of resources come from
/// the resource metrics API; custom and external ones are not read, and the autoscaler says so.
/// </remarks>
internal sealed class HorizontalPodAutoscalerController : QueueController
{
    private const string AbleToScale = "AbleToScale";
    private const string ScalingActive = "ScalingActive";
    private const string ScalingLimited = "ScalingLimited";
    private const double ToleranceDefault = 0.1;

    private readonly IInformer<HorizontalPodAutoscaler> _autoscalers;
    private readonly IInformer<Pod> _pods;
    private readonly ResourceMetrics _metrics;
    private readonly IEventRecorder _events;
    private readonly ConcurrentDictionary<ObjectKey, ScalingHistory> _histories = new();

    public HorizontalPodAutoscalerController(ControllerContext context)
        : base("horizontal-pod-autoscaler-controller", context, workers: 5)
    {
        _events = context.Recorder("horizontal-pod-autoscaler");
        _metrics = new(context.Client);
        _pods = context.Informers.Get<Pod>();
        _autoscalers = context.Informers.Get<HorizontalPodAutoscaler>();
        _autoscalers.AddHandler(
            added: a => Queue.Add(a.Key),
            updated: (old, a) =>
            {
                // Our own status comes back, too.
                if (!old.Spec.Equals(a.Spec))
                {
                    Queue.Add(a.Key);
                }
            },
            deleted: a => _histories.TryRemove(a.Key, out _));
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_autoscalers.TryGet(key, out var autoscaler))
        {
            _histories.TryRemove(key, out _);
            return ReconcileResult.Done;
        }

        var status = await ScaleAsync(autoscaler, cancellationToken);
        if (!status.Equals(autoscaler.Status))
        {
            var written = await Client.UpdateStatusAsync(autoscaler with { Status = status }, cancellationToken);
            if (!written.IsOk && !written.IsNotFound)
            {
                return written.Error;
            }
        }

        return ReconcileResult.RevisitAfter(Context.Options.HorizontalPodAutoscalerSyncPeriod);
    }

    private async ValueTask<HorizontalPodAutoscalerStatus> ScaleAsync(HorizontalPodAutoscaler autoscaler, CancellationToken cancellationToken)
    {
        // 1. What is there?
        var status = autoscaler.Status;
        var resource = await ResourceOfAsync(autoscaler.Spec.ScaleTargetRef, cancellationToken);
        var target = new ObjectKey(autoscaler.Metadata.Namespace, autoscaler.Spec.ScaleTargetRef.Name);
        var read = resource is null ? default : await Client.GetScaleAsync(resource, target, cancellationToken);
        if (resource is null || !read.IsOk)
        {
            var reference = autoscaler.Spec.ScaleTargetRef;
            var why = resource is null ? $"no matches for kind \"{reference.Kind}\" in group \"{GroupOf(reference)}\"" : read.Error!.Message;
            _events.Warning(autoscaler, "FailedGetScale", why);
            return With(status, AbleToScale, false, "FailedGetScale", $"the HPA controller was unable to get the target's current scale: {why}");
        }

        var scale = read.Value;
        var current = scale.Spec.Replicas;
        var min = autoscaler.Spec.MinReplicas ?? 1;
        var history = _histories.GetOrAdd(autoscaler.Key, static _ => new());
        var now = Time.GetUtcNow();
        history.Begin(current, now);
        status = With(status, AbleToScale, true, "SucceededGetScale", "the HPA controller was able to get the target's current scale");

        // 2. What should be there?
        int wanted;
        string because;
        var metrics = status.CurrentMetrics;
        if (current == 0 && min != 0)
        {
            return With(status, ScalingActive, false, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero") with
            {
                CurrentReplicas = 0, DesiredReplicas = 0, CurrentMetrics = [],
            };
        }

        if (current > autoscaler.Spec.MaxReplicas)
        {
            (wanted, because, metrics) = (autoscaler.Spec.MaxReplicas, "Current number of replicas above Spec.MaxReplicas", []);
        }
        else if (current < min)
        {
            (wanted, because, metrics) = (min, "Current number of replicas below Spec.MinReplicas", []);
        }
        else
        {
            var (proposed, metricName, after, found) = await ProposeAsync(autoscaler, scale, status, cancellationToken);
            (status, metrics) = (after, found);
            if (proposed is not { } recommended)
            {
                return status with { CurrentReplicas = current, CurrentMetrics = metrics };
            }

            because = recommended > current ? $"{metricName} above target" : "All metrics below target";
            var limits = ScalingRules.Limit(
                autoscaler, current, recommended, min, history, Context.Options.HorizontalPodAutoscalerDownscaleStabilization, now);
            status = With(status, AbleToScale, true, limits.AbleReason, limits.AbleMessage);
            status = With(status, ScalingLimited, limits.IsLimited, limits.Reason, limits.Message);
            wanted = limits.Replicas;
        }

        // 3. The difference.
        if (wanted != current)
        {
            var updated = await Client.UpdateScaleAsync(resource, scale with { Spec = scale.Spec with { Replicas = wanted } }, cancellationToken);
            if (!updated.IsOk)
            {
                _events.Warning(autoscaler, "FailedRescale", $"New size: {wanted}; reason: {because}; error: {updated.Error.Message}");
                return With(status, AbleToScale, false, "FailedUpdateScale", $"the HPA controller was unable to update the target scale: {updated.Error.Message}") with
                {
                    CurrentReplicas = current, CurrentMetrics = metrics,
                };
            }

            status = With(status, AbleToScale, true, "SucceededRescale", $"the HPA controller was able to update the target scale to {wanted}");
            _events.Normal(autoscaler, "SuccessfulRescale", $"New size: {wanted}; reason: {because}");
            history.Changed(current, wanted, now);
            status = status with { LastScaleTime = Time.NowSeconds() };
        }

        return status with { CurrentReplicas = current, DesiredReplicas = wanted, CurrentMetrics = metrics };
    }

    /// <summary>The largest of what the metrics ask for; null if they do not allow a decision, of which the conditions tell.</summary>
    private async ValueTask<(int? Replicas, string Metric, HorizontalPodAutoscalerStatus Status, ApiList<MetricStatus> Metrics)> ProposeAsync(
        HorizontalPodAutoscaler autoscaler, Scale scale, HorizontalPodAutoscalerStatus status, CancellationToken cancellationToken)
    {
        if (scale.Status.Selector.Length == 0)
        {
            _events.Warning(autoscaler, "SelectorRequired", "selector is required");
            return (null, "", With(status, ScalingActive, false, "InvalidSelector", "the HPA target's scale is missing a selector"), []);
        }

        if (!LabelMatcher.TryParse(scale.Status.Selector, out var selector, out var selectorError))
        {
            var message = $"couldn't convert selector into a corresponding internal selector object: {selectorError}";
            _events.Warning(autoscaler, "InvalidSelector", message);
            return (null, "", With(status, ScalingActive, false, "InvalidSelector", message), []);
        }

        var pods = _pods.List(autoscaler.Metadata.Namespace).Where(p => selector.Matches(p.Metadata.Labels)).ToList();
        MetricProposal? largest = null;
        (string Reason, string Message, string Wrapped)? firstFailure = null;
        var failures = 0;
        var found = new List<MetricStatus>();
        foreach (var metric in autoscaler.Spec.Metrics)
        {
            try
            {
                var proposal = await ProposeAsync(autoscaler, metric, scale, pods, cancellationToken);
                found.Add(proposal.Status);
                largest = largest is null || proposal.Replicas > largest.Replicas ? proposal : largest;
            }
            catch (MetricException e)
            {
                failures++;
                var reason = $"FailedGet{metric.Type}Metric";
                _events.Warning(autoscaler, reason, e.Message);
                firstFailure ??= (reason, e.Message, $"failed to get {WhatOf(metric)} metric value: {e.Message}");
            }
        }

        // A metric that is missing could ask for more than the others, so it forbids shrinking.
        if (firstFailure is { } failure && (largest is null || largest.Replicas < scale.Spec.Replicas))
        {
            _events.Warning(
                autoscaler,
                "FailedComputeMetricsReplicas",
                $"invalid metrics ({failures} invalid out of {autoscaler.Spec.Metrics.Count}), first error is: {failure.Wrapped}");
            return (null, "", With(status, ScalingActive, false, failure.Reason, $"the HPA was unable to compute the replica count: {failure.Message}"), found.ToApiList());
        }

        if (largest is null)
        {
            return (scale.Spec.Replicas, "", status, []);
        }

        status = With(status, ScalingActive, true, "ValidMetricFound", $"the HPA was able to successfully calculate a replica count from {largest.Name}");
        return (largest.Replicas, largest.Name, status, found.ToApiList());
    }

    private async ValueTask<MetricProposal> ProposeAsync(
        HorizontalPodAutoscaler autoscaler, MetricSpec metric, Scale scale, List<Pod> pods, CancellationToken cancellationToken)
    {
        var (resource, container, target) = metric switch
        {
            { Resource: { } r } => (r.Name, "", r.Target),
            { ContainerResource: { } c } => (c.Name, c.Container, c.Target),
            { Pods: { } p } => throw new MetricException($"unable to get metric {p.Metric.Name}: custom metrics are not read by this controller"),
            { Object: { } o } => throw new MetricException($"unable to get metric {o.Metric.Name}: custom metrics are not read by this controller"),
            { External: { } x } => throw new MetricException($"unable to get external metric {autoscaler.Metadata.Namespace}/{x.Metric.Name}: external metrics are not read by this controller"),
            _ => throw new MetricException($"unknown metric source type \"{metric.Type}\""),
        };
        var byUtilization = target.AverageValue is null;
        Dictionary<string, PodMetric> measured;
        try
        {
            measured = await _metrics.ReadAsync(autoscaler.Metadata.Namespace, scale.Status.Selector, resource, container, cancellationToken);
        }
        catch (MetricException e)
        {
            throw new MetricException($"failed to get {resource} {(byUtilization ? "utilization" : "usage")}: unable to get metrics for resource {resource}: {e.Message}");
        }

        var tolerances = new Tolerances(
            ToleranceOf(autoscaler.Spec.Behavior?.ScaleDown),
            ToleranceOf(autoscaler.Spec.Behavior?.ScaleUp));
        var name = container.Length > 0 ? $"{resource} container resource" : $"{resource} resource";
        try
        {
            if (!byUtilization)
            {
                var (replicas, average) = ReplicaCalculator.ByAverage(
                    scale.Spec.Replicas, target.AverageValue!.MilliValue, measured, pods, resource, tolerances, Time.GetUtcNow());
                return new(replicas, name, StatusOf(metric, new() { AverageValue = Quantity.FromMilli(average) }));
            }

            var (wanted, utilization, milliAverage) = ReplicaCalculator.ByUtilization(
                scale.Spec.Replicas, target.AverageUtilization ?? 100, measured, pods, resource, container, tolerances, Time.GetUtcNow());
            return new(
                wanted,
                name + " utilization (percentage of request)",
                StatusOf(metric, new() { AverageUtilization = utilization, AverageValue = Quantity.FromMilli(milliAverage) }));
        }
        catch (MetricException e)
        {
            throw new MetricException($"failed to get {resource} {(byUtilization ? "utilization" : "usage")}: {e.Message}");
        }
    }

    private static double ToleranceOf(HPAScalingRules? rules) => rules?.Tolerance is { } tolerance ? tolerance.MilliValue / 1000.0 : ToleranceDefault;

    private static MetricStatus StatusOf(MetricSpec metric, MetricValueStatus current) => metric.ContainerResource is { } container
        ? new() { Type = metric.Type, ContainerResource = new() { Name = container.Name, Container = container.Container, Current = current } }
        : new() { Type = metric.Type, Resource = new() { Name = metric.Resource!.Name, Current = current } };

    private static string WhatOf(MetricSpec metric) => metric.Type switch
    {
        "Resource" => $"{metric.Resource?.Name} resource",
        "ContainerResource" => $"{metric.ContainerResource?.Name} container",
        "External" => $"{metric.External?.Metric.Name} external",
        var type => type.ToLowerInvariant(),
    };

    private async ValueTask<ResourceInfo?> ResourceOfAsync(CrossVersionObjectReference reference, CancellationToken cancellationToken)
    {
        if (ResourceTable.Find(reference.ApiVersion, reference.Kind) is { } builtIn)
        {
            return builtIn;
        }

        var discovered = await Client.DiscoverAsync(cancellationToken);
        return discovered.IsOk ? discovered.Value.Find(GroupOf(reference), reference.Kind) : null;
    }

    private static string GroupOf(CrossVersionObjectReference reference)
    {
        var slash = reference.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? "" : reference.ApiVersion[..slash];
    }

    private HorizontalPodAutoscalerStatus With(HorizontalPodAutoscalerStatus status, string type, bool value, string reason, string message)
    {
        var text = value ? "True" : "False";
        var old = status.Conditions.FirstOrDefault(c => c.Type == type);
        var condition = new HorizontalPodAutoscalerCondition
        {
            Type = type,
            Status = text,
            Reason = reason,
            Message = message,
            LastTransitionTime = old?.Status == text ? old.LastTransitionTime : Time.NowSeconds(),
        };
        return status with
        {
            Conditions = old is null ? [.. status.Conditions, condition] : [.. status.Conditions.Select(c => c.Type == type ? condition : c)],
        };
    }
}
