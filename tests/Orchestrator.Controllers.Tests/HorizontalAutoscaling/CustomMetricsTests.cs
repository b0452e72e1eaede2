using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Autoscaling.V2;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Tests.Golden;

namespace Orchestrator.Controllers.Tests.HorizontalAutoscaling;

/// <summary>Autoscalers on metrics that other servers provide; here a function answers for those.</summary>
public sealed class CustomMetricsTests : IAsyncLifetime
{
    private const string Ns = "default";
    private readonly RunningCluster _cluster = new()
    {
        Options = new() { LeaderElect = false, ClusterCidr = null, HorizontalPodAutoscalerSyncPeriod = TimeSpan.FromMilliseconds(200) },
        Metrics = Answer,
    };

    private IClusterClient Client => _cluster.Client;

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Metrics_of_pods_objects_and_the_outside_scale_their_targets()
    {
        await GivenAsync("pods", new() { Type = "Pods", Pods = new() { Metric = new() { Name = "requests" }, Target = new() { Type = "AverageValue", AverageValue = Quantity.Parse("20") } } });
        await GivenAsync("object", new()
        {
            Type = "Object",
            Object = new()
            {
                DescribedObject = new() { ApiVersion = "v1", Kind = "Service", Name = "front" }, Metric = new() { Name = "hits" }, Target = new() { Type = "Value", Value = Quantity.Parse("20") },
            },
        });
        await GivenAsync("external", new()
        {
            Type = "External",
            External = new()
            {
                Metric = new() { Name = "queue", Selector = new() { MatchLabels = new Dictionary<string, string> { ["name"] = "q" } } },
                Target = new() { Type = "AverageValue", AverageValue = Quantity.Parse("10") },
            },
        });
        await GivenAsync("unknown", new() { Type = "External", External = new() { Metric = new() { Name = "nothing" }, Target = new() { Type = "Value", Value = Quantity.Parse("10") } } });

        // 30 each where 20 are wanted: half as many again. The third pod, which is starting, counts as serving nothing, and so it stays at that.
        var byPods = await ScaledAsync("pods", 3, static m => m.Pods!.Current.AverageValue, "30");
        Assert.Equal("the HPA was able to successfully calculate a replica count from pods metric requests", Condition(byPods, "ScalingActive").Message);

        // Twice the value that the two ready pods should share.
        var byObject = await ScaledAsync("object", 4, static m => m.Object!.Current.Value, "40");
        Assert.EndsWith("Service metric hits", Condition(byObject, "ScalingActive").Message, StringComparison.Ordinal);

        // 45 in both series, at 10 each.
        await ScaledAsync("external", 5, static m => m.External!.Current.AverageValue, "9");

        var unknown = await RunningCluster.UntilAsync(
            () => Client.GetAsync<HorizontalPodAutoscaler>(new ObjectKey(Ns, "unknown"), default), static h => h.Value.Status.Conditions.Any(static c => c.Type == "ScalingActive"));
        Assert.Equal(
            ("FailedGetExternalMetric", "the HPA was unable to compute the replica count: failed to get nothing external metric: unable to get external metric default/nothing/nil: unable to fetch metrics from external metrics API: the server could not find the requested resource (get nothing.external.metrics.k8s.io)"),
            (Condition(unknown, "ScalingActive").Reason, Condition(unknown, "ScalingActive").Message));

        // A metric that could not be read keeps its place among those that could.
        Assert.Equal([new MetricStatus()], unknown.Status.CurrentMetrics);
    }

    private static string? Answer(string path)
    {
        if (path.StartsWith("/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/*/requests?labelSelector=app%3Dpods", StringComparison.Ordinal))
        {
            // Only the first two pods ever serve requests.
            return List("""{"describedObject":{"kind":"Pod","name":"pods-0"},"metric":{"name":"requests"},"value":"30"}""", """{"describedObject":{"kind":"Pod","name":"pods-1"},"metric":{"name":"requests"},"value":"30"}""");
        }

        return path switch
        {
            "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/services/front/hits" => List("""{"describedObject":{"kind":"Service","name":"front"},"metric":{"name":"hits"},"value":"40"}"""),
            "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue?labelSelector=name%3Dq" => List("""{"metricName":"queue","value":"40"}""", """{"metricName":"queue","value":"5"}"""),
            _ => null,
        };

        static string List(params string[] items) => $$"""{"items":[{{string.Join(',', items)}}]}""";
    }

    private static HorizontalPodAutoscalerCondition Condition(HorizontalPodAutoscaler autoscaler, string type) => autoscaler.Status.Conditions.Single(c => c.Type == type);

    /// <summary>A StatefulSet, whose pods have names that the metrics can know, with two ready pods; and its autoscaler.</summary>
    private async Task GivenAsync(string name, MetricSpec metric)
    {
        var labels = new Dictionary<string, string> { ["app"] = name };
        Assert.True((await Client.CreateAsync(
            new StatefulSet
            {
                Metadata = new() { Namespace = Ns, Name = name },
                Spec = new()
                {
                    Replicas = 2,
                    PodManagementPolicy = "Parallel",
                    Selector = new() { MatchLabels = labels },
                    Template = new() { Metadata = new() { Labels = labels }, Spec = new() { Containers = [new() { Name = "app", Image = "registry.example/app:v1" }] } },
                },
            },
            default)).IsOk);
        for (var i = 0; i < 2; i++)
        {
            var pod = await RunningCluster.UntilAsync(() => Client.GetAsync<Pod>(new ObjectKey(Ns, $"{name}-{i}"), default), static p => p.IsOk);
            Assert.True((await Client.BindAsync(pod, "node-a", default)).IsOk);
            await RunningCluster.UntilAsync(
                async () =>
                {
                    var bound = (await Client.GetAsync<Pod>(pod.Key, default)).Value;
                    return await Client.UpdateStatusAsync(bound with { Status = KubeletReports.Status(bound, "Running and Ready") with { StartTime = TimeProvider.System.NowSeconds() } }, default);
                },
                static p => p.IsOk);
        }

        Assert.True((await Client.CreateAsync(
            new HorizontalPodAutoscaler
            {
                Metadata = new() { Namespace = Ns, Name = name },
                Spec = new() { ScaleTargetRef = new() { ApiVersion = "apps/v1", Kind = "StatefulSet", Name = name }, MinReplicas = 1, MaxReplicas = 9, Metrics = [metric] },
            },
            default)).IsOk);
    }

    private Task<HorizontalPodAutoscaler> ScaledAsync(string name, int replicas, Func<MetricStatus, Quantity?> current, string value) => RunningCluster.UntilAsync(
        () => Client.GetAsync<HorizontalPodAutoscaler>(new ObjectKey(Ns, name), default),
        h => h.Value.Status is { CurrentMetrics.Count: 1 } status && status.DesiredReplicas == replicas && status.CurrentReplicas == replicas
            && current(status.CurrentMetrics[0])?.ToString() == value);
}
