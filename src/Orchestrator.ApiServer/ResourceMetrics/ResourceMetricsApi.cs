using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Orchestrator.Api;
using Orchestrator.Api.ApiDiscovery.V2;
using Orchestrator.Api.ApiRegistration.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Selectors;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Aggregation;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.ResourceMetrics;

/// <summary>
/// The group metrics.k8s.io: what nodes and pods use now, for <c>kubectl top</c> and autoscaling. Served here unless the cluster has a metrics server of
/// its own, whose APIService takes the group's place.
/// </summary>
internal sealed class ResourceMetricsApi(IObjectLister objects, NodeScraper scraper)
{
    private const string Group = "metrics.k8s.io";

    private const string Version = "v1beta1";
    private const string GroupVersion = Group + "/" + Version;
    private static readonly ApiList<string> Verbs = ["get", "list"];
    private static readonly ResourceInfo[] Served = [Resource("nodes", "NodeMetrics", namespaced: false), Resource("pods", "PodMetrics", namespaced: true)];

    /// <summary>How the group is registered; the priorities are those of upstream's metrics server.</summary>
    public AggregatedVersion Registration => field ??= new AggregatedVersion
    {
        Source = new APIService
        {
            Metadata = new ObjectMeta { Name = Version + "." + Group },
            Spec = new APIServiceSpec { Group = Group, Version = Version, GroupPriorityMinimum = 100, VersionPriority = 100 },
        },
        IsAvailable = true,
        Discovery = new APIVersionDiscovery
        {
            Version = Version,
            Freshness = "Current",
            Resources = [.. Served.Select(static r => new APIResourceDiscovery
            {
                Resource = r.Resource, Scope = r.Namespaced ? "Namespaced" : "Cluster", Verbs = Verbs, ResponseKind = new() { Group = Group, Version = Version, Kind = r.Kind },
            })],
        },
        Local = AnswerAsync,
        Resources = Served,
    };

    private static ResourceInfo Resource(string resource, string kind, bool namespaced) => new()
    {
        Group = Group, Version = Version, Resource = resource, Singular = "", Kind = kind, Namespaced = namespaced, Verbs = Verbs,
    };

    /// <summary>Answers a GET below <c>/apis/metrics.k8s.io/v1beta1</c>.</summary>
    private async ValueTask<byte[]> AnswerAsync(string pathAndQuery, CancellationToken cancellationToken)
    {
        var question = pathAndQuery.IndexOf('?', StringComparison.Ordinal);
        var query = QueryHelpers.ParseQuery(question < 0 ? "" : pathAndQuery[question..]);
        if (!LabelMatcher.TryParse(query.TryGetValue("labelSelector", out var text) ? text.ToString() : "", out var selector, out var error))
        {
            throw Errors.BadRequest($"unable to parse requirement: {error}");
        }

        var path = Uri.UnescapeDataString(question < 0 ? pathAndQuery : pathAndQuery[..question]).Split('/', StringSplitOptions.RemoveEmptyEntries);
        return path[3..] switch
        {
            [] => ApiJson.WriteToArray(Resources()),
            ["nodes"] => List("NodeMetricsList", await NodesAsync(Selected<Node>("", selector), cancellationToken)),
            ["nodes", var name] => One(await NodesAsync(Named<Node>("", name), cancellationToken), "nodes", name),
            ["pods"] => List("PodMetricsList", await PodsAsync(Selected<Pod>("", selector), cancellationToken)),
            ["namespaces", var ns, "pods"] => List("PodMetricsList", await PodsAsync(Selected<Pod>(ns, selector), cancellationToken)),
            ["namespaces", var ns, "pods", var name] => One(await PodsAsync(Named<Pod>(ns, name), cancellationToken), "pods", ns + "/" + name),
            _ => throw Errors.Make(404, "NotFound", "the server could not find the requested resource", null),
        };
    }

    private static APIResourceList Resources() => new()
    {
        Kind = "APIResourceList",
        ApiVersion = "v1",
        GroupVersion = GroupVersion,
        Resources = [.. Served.Select(static r => new APIResource { Name = r.Resource, SingularName = "", Namespaced = r.Namespaced, Kind = r.Kind, Verbs = Verbs })],
    };

    private IEnumerable<T> Selected<T>(string ns, LabelMatcher selector)
        where T : ApiObject, IResourceObject<T> => objects.List<T>(ns).Where(o => selector.Matches(o.Metadata.Labels));

    private IEnumerable<T> Named<T>(string ns, string name)
        where T : ApiObject, IResourceObject<T> => objects.Get<T>(ns, name) is { } found ? [found] : [];

    private async Task<IReadOnlyList<CustomObject>> NodesAsync(IEnumerable<Node> nodes, CancellationToken cancellationToken)
    {
        var measured = await Task.WhenAll(nodes.Select(async node => await scraper.ScrapeAsync(node.Metadata.Name, cancellationToken) is { } scrapes
            && Measure(scrapes.Before.Node, scrapes.Now.Node) is { } usage ? Item("NodeMetrics", node, usage.At, usage.Window, ("usage", usage.Amounts)) : null));
        return [.. measured.OfType<CustomObject>()];
    }

    private async Task<IReadOnlyList<CustomObject>> PodsAsync(IEnumerable<Pod> pods, CancellationToken cancellationToken)
    {
        var byNode = pods.Where(static p => p.Spec.NodeName.Length > 0 && p.Status.Phase == "Running").GroupBy(static p => p.Spec.NodeName);
        var measured = await Task.WhenAll(byNode.Select(async group =>
            await scraper.ScrapeAsync(group.Key, cancellationToken) is { } scrapes ? group.Select(p => Measure(p, scrapes.Before, scrapes.Now)).OfType<CustomObject>() : []));
        return [.. measured.SelectMany(static m => m).OrderBy(static m => m.Metadata.Namespace + "/" + m.Metadata.Name, StringComparer.Ordinal)];
    }

    /// <summary>Null until all of the pod's running containers have been measured twice: part of a pod's usage says nothing about the pod.</summary>
    private static CustomObject? Measure(Pod pod, NodeScrape before, NodeScrape now)
    {
        var containers = new List<object?>();
        var (at, window) = (DateTimeOffset.MaxValue, TimeSpan.Zero);
        foreach (var status in pod.Status.InitContainerStatuses.Concat(pod.Status.ContainerStatuses).Where(static s => s.State.Running is not null))
        {
            var key = (pod.Metadata.Namespace, pod.Metadata.Name, status.Name);
            if (Measure(before.Containers.GetValueOrDefault(key), now.Containers.GetValueOrDefault(key)) is not { } usage)
            {
                return null;
            }

            containers.Add(Map(("name", status.Name), ("usage", usage.Amounts)));
            (at, window) = (usage.At < at ? usage.At : at, usage.Window > window ? usage.Window : window);
        }

        return containers.Count > 0 ? Item("PodMetrics", pod, at, window, ("containers", containers.ToApiList())) : null;
    }

    private static (DateTimeOffset At, TimeSpan Window, ApiMap<object?> Amounts)? Measure(ResourceUsage? before, ResourceUsage? now)
    {
        // A counter that went back belongs to another run of the container.
        if (before is null || now is null || now.At <= before.At || !(now.CpuSeconds >= before.CpuSeconds) || double.IsNaN(now.MemoryBytes))
        {
            return null;
        }

        var window = now.At - before.At;
        var nanocores = (long)Math.Ceiling((now.CpuSeconds - before.CpuSeconds) / window.TotalSeconds * 1e9);
        return (now.At, window, Map(
            ("cpu", nanocores.ToString(CultureInfo.InvariantCulture) + "n"), ("memory", ((long)now.MemoryBytes / 1024).ToString(CultureInfo.InvariantCulture) + "Ki")));
    }

    private static CustomObject Item(string kind, ApiObject measured, DateTimeOffset at, TimeSpan window, (string Name, object? Value) usage) => new()
    {
        Kind = kind,
        ApiVersion = GroupVersion,
        Metadata = new ObjectMeta
        {
            Name = measured.Metadata.Name, Namespace = measured.Metadata.Namespace, CreationTimestamp = ApiTime.Truncate(at), Labels = measured.Metadata.Labels,
        },
        Content = Map(("timestamp", ApiTime.Format(at)), ("window", GoDuration.Format(TimeSpan.FromMilliseconds(Math.Round(window.TotalMilliseconds)))), usage),
    };

    private static byte[] List(string kind, IReadOnlyList<CustomObject> items)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("kind", kind);
            json.WriteString("apiVersion", GroupVersion);
            json.WriteStartObject("metadata");
            json.WriteEndObject();
            json.WriteStartArray("items");
            foreach (var item in items)
            {
                json.WriteRawValue(ApiJson.WriteToArray(item), skipInputValidation: true);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static byte[] One(IReadOnlyList<CustomObject> items, string resource, string name) =>
        items is [var item] ? ApiJson.WriteToArray(item) : throw Errors.NotFound(Group, resource, name);

    private static ApiMap<object?> Map(params IEnumerable<(string Name, object? Value)> fields) =>
        ApiMap<object?>.From(fields.Select(static f => KeyValuePair.Create(f.Name, f.Value)));
}
