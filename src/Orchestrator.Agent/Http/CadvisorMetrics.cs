using System.Text;
using Microsoft.AspNetCore.Http;
using Orchestrator.Agent.Cgroups;
using Orchestrator.Agent.Stats;

namespace Orchestrator.Agent.Http;

/// <summary>Serves what containers use under the names and labels of cAdvisor, which dashboards read at <c>/metrics/cadvisor</c>.</summary>
/// <remarks>As with the kubelet, a pod's own series name no container, and the node's no pod.</remarks>
internal sealed class CadvisorMetrics(StatsCollector collector, PodCgroups cgroups)
{
    private const string Scheme = "containerd://";

    private static readonly (string Name, string Type, string Help, string Label, Func<UsageSample, double> Value)[] Families =
    [
        ("container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed in seconds.", "cpu=\"total\",", static u => u.CpuNanos / 1e9),
        ("container_memory_usage_bytes", "gauge", "Current memory usage in bytes, including all memory regardless of when it was accessed", "", static u => u.MemoryBytes),
        ("container_memory_working_set_bytes", "gauge", "Current working set in bytes.", "", static u => u.WorkingSetBytes),
        ("container_memory_rss", "gauge", "Size of RSS in bytes.", "", static u => u.RssBytes),
    ];

    public async Task ServeAsync(HttpContext context)
    {
        var stats = await collector.CollectAsync(context.RequestAborted);
        var at = stats.Time.ToUnixTimeMilliseconds();
        var rows = Rows(stats).ToList();
        var text = new StringBuilder();
        foreach (var (name, type, help, label, value) in Families)
        {
            MetricsText.Head(text, name, type, help);
            foreach (var (labels, usage) in rows)
            {
                MetricsText.Value(text, $"{name}{{{label}{labels}}}", value(usage), at);
            }
        }

        context.Response.ContentType = MetricsText.ContentType;
        await context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    private IEnumerable<(string Labels, UsageSample Usage)> Rows(NodeStats stats)
    {
        yield return (Labels("", "/", "", "", "", ""), stats.Node);
        foreach (var pod in stats.Pods)
        {
            var (ns, name, group) = (pod.Pod.Metadata.Namespace, pod.Pod.Metadata.Name, cgroups.PathOf(pod.Pod));
            yield return (Labels("", group, "", "", ns, name), pod.Usage);
            var statuses = pod.Pod.Status.InitContainerStatuses.Concat(pod.Pod.Status.ContainerStatuses).Concat(pod.Pod.Status.EphemeralContainerStatuses).ToList();
            foreach (var container in pod.Containers)
            {
                var status = statuses.FirstOrDefault(s => s.Name == container.Name);
                var id = status?.ContainerID.Replace(Scheme, "", StringComparison.Ordinal) ?? "";
                yield return (Labels(container.Name, $"{group}/{id}", status?.Image ?? "", id, ns, name), container.Usage);
            }
        }
    }

    private static string Labels(string container, string group, string image, string id, string ns, string pod) =>
        $"container=\"{container}\",id=\"{group}\",image=\"{image}\",name=\"{id}\",namespace=\"{ns}\",pod=\"{pod}\"";
}
