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
/// Each is looked at once per period, since nobody announces metrics; the first time a period after it appeared, when its target has settled.
/// </remarks>
internal sealed class HorizontalPodAutoscalerController : QueueController
{
    private const string AbleToScale = "AbleToScale";
    private const string ScalingActive = "ScalingActive";
    private const string ScalingLimited = "ScalingLimited";
    private const double ToleranceDefault = 0.1;

    private readonly IInformer<HorizontalPodAutoscaler> _autoscalers;
    private readonly IInformer<Pod> _pods;
    private readonly ResourceMetrics _resources;
    private readonly CustomMetrics _custom;
    private readonly ExternalMetrics _external;
    private readonly IEventRecorder _events;
    private readonly ConcurrentDictionary<ObjectKey, ScalingHistory> _histories = new();

    // What each autoscaler's target selects, as of its last pass: two that select the same pods would work against each other.
    private readonly ConcurrentDictionary<ObjectKey, LabelMatcher> _selectors = new();

    public HorizontalPodAutoscalerController(ControllerContext context)
        : base("horizontal-pod-autoscaler-controller", context, workers: 5)
    {
        _events = context.Recorder("horizontal-pod-autoscaler");
        var metrics = new MetricsApi(context.Client);
        (_resources, _custom, _external) = (new(metrics), new(metrics), new(metrics));
        _pods = context.Informers.Get<Pod>();
        _autoscalers = context.Informers.Get<HorizontalPodAutoscaler>();
        _autoscalers.AddHandler(
            added: a => Queue.AddAfter(a.Key, context.Options.HorizontalPodAutoscalerSyncPeriod),
            updated: (old, a) =>
            {
                // Our own status comes back, too.
                if (!old.Spec.Equals(a.Spec))
                {
                    Queue.AddAfter(a.Key, context.Options.HorizontalPodAutoscalerSyncPeriod);
                }
            },
            deleted: a => Forget(a.Key));
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_autoscalers.TryGet(key, out var autoscaler))
        {
            Forget(key);
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
            return Refuse("SelectorRequired", "selector is required", "InvalidSelector", "the HPA target's scale is missing a selector");
        }

        if (!LabelMatcher.TryParse(scale.Status.Selector, out var selector, out var selectorError))
        {
            var message = $"couldn't convert selector into a corresponding internal selector object: {selectorError}";
            return Refuse("InvalidSelector", message, "InvalidSelector", message);
        }

        _selectors[autoscaler.Key] = selector;
        var pods = _pods.List(autoscaler.Metadata.Namespace).Where(p => selector.Matches(p.Metadata.Labels)).ToList();
        var rivals = _selectors.Where(s => s.Key.Namespace == autoscaler.Metadata.Namespace && pods.Exists(p => s.Value.Matches(p.Metadata.Labels)))
            .Select(static s => s.Key.ToString()).Order(StringComparer.Ordinal).ToList();
        if (rivals.Count > 1)
        {
            var message = $"pods by selector {scale.Status.Selector} are controlled by multiple HPAs: [{string.Join(' ', rivals)}]";
            return Refuse("AmbiguousSelector", message, "AmbiguousSelector", message);
        }

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

                // Each metric keeps its place in the status.
                found.Add(new());
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

        (int?, string, HorizontalPodAutoscalerStatus, ApiList<MetricStatus>) Refuse(string eventReason, string why, string reason, string message)
        {
            _events.Warning(autoscaler, eventReason, why);
            _events.Warning(autoscaler, "FailedComputeMetricsReplicas", why);
            return (null, "", With(status, ScalingActive, false, reason, message), []);
        }
    }

    private async ValueTask<MetricProposal> ProposeAsync(
        HorizontalPodAutoscaler autoscaler, MetricSpec metric, Scale scale, List<Pod> pods, CancellationToken cancellationToken)
    {
        var ns = autoscaler.Metadata.Namespace;
        var tolerances = new Tolerances(ToleranceOf(autoscaler.Spec.Behavior?.ScaleDown), ToleranceOf(autoscaler.Spec.Behavior?.ScaleUp));
        return metric switch
        {
            { Resource: { } r } => await ByResourceAsync(metric, r.Name, "", r.Target),
            { ContainerResource: { } c } => await ByResourceAsync(metric, c.Name, c.Container, c.Target),
            { Pods: { } p } => await ByPodsAsync(p),
            { Object: { } o } => await ByObjectAsync(o),
            { External: { } x } => await ByExternalAsync(x),
            _ => throw new MetricException($"unknown metric source type \"{metric.Type}\""),
        };

        async ValueTask<MetricProposal> ByResourceAsync(MetricSpec spec, string resource, string container, MetricTarget target)
        {
            var byUtilization = target.AverageValue is null;
            try
            {
                Dictionary<string, PodMetric> measured;
                try
                {
                    measured = await _resources.ReadAsync(ns, scale.Status.Selector, resource, container, cancellationToken);
                }
                catch (MetricException e)
                {
                    throw new MetricException($"unable to get metrics for resource {resource}: {e.Message}");
                }

                var name = container.Length > 0 ? $"{resource} container resource" : $"{resource} resource";
                if (!byUtilization)
                {
                    var (replicas, average) = ReplicaCalculator.ByAverage(
                        scale.Spec.Replicas, target.AverageValue!.MilliValue, measured, pods, resource, tolerances, Time.GetUtcNow());
                    return new(replicas, name, StatusOf(spec, new() { AverageValue = Quantity.FromMilli(average) }));
                }

                var (wanted, utilization, milliAverage) = ReplicaCalculator.ByUtilization(
                    scale.Spec.Replicas, target.AverageUtilization ?? 100, measured, pods, resource, container, tolerances, Time.GetUtcNow());
                return new(
                    wanted,
                    name + " utilization (percentage of request)",
                    StatusOf(spec, new() { AverageUtilization = utilization, AverageValue = Quantity.FromMilli(milliAverage) }));
            }
            catch (MetricException e)
            {
                throw new MetricException($"failed to get {resource} {(byUtilization ? "utilization" : "usage")}: {e.Message}");
            }
        }

        async ValueTask<MetricProposal> ByPodsAsync(PodsMetricSource source)
        {
            Dictionary<string, PodMetric> measured;
            try
            {
                measured = await _custom.OfPodsAsync(ns, scale.Status.Selector, source.Metric, cancellationToken);
            }
            catch (MetricException e)
            {
                throw new MetricException($"unable to get metric {source.Metric.Name}: {e.Message}");
            }

            var (replicas, average) = ReplicaCalculator.ByAverage(
                scale.Spec.Replicas, (source.Target.AverageValue ?? Quantity.Zero).MilliValue, measured, pods, resource: "", tolerances, Time.GetUtcNow());
            return new(
                replicas,
                $"pods metric {source.Metric.Name}",
                new() { Type = metric.Type, Pods = new() { Metric = source.Metric, Current = new() { AverageValue = Quantity.FromMilli(average) } } });
        }

        async ValueTask<MetricProposal> ByObjectAsync(ObjectMetricSource source)
        {
            var described = source.DescribedObject;
            long value;
            try
            {
                if (await ResourceOfAsync(described, cancellationToken) is not { } resource)
                {
                    throw new MetricException($"unable to fetch metrics from custom metrics API: no matches for kind \"{described.Kind}\" in group \"{GroupOf(described)}\"");
                }

                value = await _custom.OfObjectAsync(ns, resource, described.Name, source.Metric, cancellationToken);
            }
            catch (MetricException e)
            {
                // The order of the parts is upstream's.
                var why = $"unable to get metric {source.Metric.Name}: {described.Kind} on {ns} {described.Name}/{e.Message}";
                throw new MetricException(source.Target.Type == "Value" ? why : $"failed to get {source.Metric.Name} object metric: {why}");
            }

            if (source.Target.Type == "Value")
            {
                var replicas = ReplicaCalculator.BySharedValue(scale.Spec.Replicas, value, (source.Target.Value ?? Quantity.Zero).MilliValue, pods, tolerances);
                return new(replicas, $"{described.Kind} metric {source.Metric.Name}", Status(new() { Value = Quantity.FromMilli(value) }));
            }

            var (wanted, share) = ReplicaCalculator.ByShare(scale.Status.Replicas, value, (source.Target.AverageValue ?? Quantity.Zero).MilliValue, tolerances);
            return new(wanted, $"external metric {source.Metric.Name}({GoText.Of(source.Metric.Selector)})", Status(new() { AverageValue = Quantity.FromMilli(share) }));

            MetricStatus Status(MetricValueStatus current) => new() { Type = metric.Type, Object = new() { DescribedObject = described, Metric = source.Metric, Current = current } };
        }

        async ValueTask<MetricProposal> ByExternalAsync(ExternalMetricSource source)
        {
            var text = GoText.Of(source.Metric.Selector);
            try
            {
                long value;
                try
                {
                    value = await _external.SumAsync(ns, source.Metric, cancellationToken);
                }
                catch (MetricException e)
                {
                    throw new MetricException($"unable to get external metric {ns}/{source.Metric.Name}/{text}: {e.Message}");
                }

                if (source.Target.AverageValue is { } average)
                {
                    var (wanted, share) = ReplicaCalculator.ByShare(scale.Status.Replicas, value, average.MilliValue, tolerances);
                    return new(wanted, $"external metric {source.Metric.Name}({text})", Status(new() { AverageValue = Quantity.FromMilli(share) }));
                }

                var replicas = ReplicaCalculator.BySharedValue(scale.Spec.Replicas, value, (source.Target.Value ?? Quantity.Zero).MilliValue, pods, tolerances);
                return new(replicas, $"external metric {source.Metric.Name}({text})", Status(new() { Value = Quantity.FromMilli(value) }));
            }
            catch (MetricException e)
            {
                throw new MetricException($"failed to get {source.Metric.Name} external metric: {e.Message}");
            }

            MetricStatus Status(MetricValueStatus current) => new() { Type = metric.Type, External = new() { Metric = source.Metric, Current = current } };
        }
    }

    private void Forget(ObjectKey key)
    {
        _histories.TryRemove(key, out _);
        _selectors.TryRemove(key, out _);
    }

    private static double ToleranceOf(HPAScalingRules? rules) => rules?.Tolerance is { } tolerance ? tolerance.MilliValue / 1000.0 : ToleranceDefault;

    private static MetricStatus StatusOf(MetricSpec metric, MetricValueStatus current) => metric.ContainerResource is { } container
        ? new() { Type = metric.Type, ContainerResource = new() { Name = container.Name, Container = container.Container, Current = current } }
        : new() { Type = metric.Type, Resource = new() { Name = metric.Resource!.Name, Current = current } };

    private static string WhatOf(MetricSpec metric) => metric.Type switch
    {
        "Resource" => $"{metric.Resource?.Name} resource",
        "ContainerResource" => $"{metric.ContainerResource?.Container} container",
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
