using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orchestrator.Agent.Stats;
using Orchestrator.Agent.Pods;
using Orchestrator.Api;

namespace Orchestrator.Agent.Http;

/// <summary>Serves what pods and node use: the summary and the metrics.</summary>
internal sealed class StatsEndpoints(StatsCollector collector, PodManager manager, NodeFacts facts)
{
    public async Task SummaryAsync(HttpContext context)
    {
        var stats = await collector.CollectAsync(context.RequestAborted);
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartObject("node");
        json.WriteString("nodeName", facts.Name);
        Write(json, stats.Node, stats.Time);
        json.WriteEndObject();
        json.WriteStartArray("pods");
        foreach (var pod in stats.Pods)
        {
            json.WriteStartObject();
            json.WriteStartObject("podRef");
            json.WriteString("name", pod.Pod.Metadata.Name);
            json.WriteString("namespace", pod.Pod.Metadata.Namespace);
            json.WriteString("uid", pod.Pod.Metadata.Uid);
            json.WriteEndObject();
            json.WriteString("startTime", ApiTime.Format(pod.Pod.Status.StartTime ?? stats.Time));
            json.WriteStartArray("containers");
            foreach (var container in pod.Containers)
            {
                json.WriteStartObject();
                json.WriteString("name", container.Name);
                json.WriteString("startTime", ApiTime.Format(container.StartedAt));
                Write(json, container.Usage, stats.Time);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            Write(json, pod.Usage, stats.Time);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public async Task ResourceMetricsAsync(HttpContext context)
    {
        var stats = await collector.CollectAsync(context.RequestAborted);
        var at = stats.Time.ToUnixTimeMilliseconds();
        var text = new StringBuilder();
        MetricsText.Head(text, "container_cpu_usage_seconds_total", "counter", "[STABLE] Cumulative cpu time consumed by the container in core-seconds");
        MetricsText.Head(text, "container_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the container in bytes");
        MetricsText.Head(text, "container_start_time_seconds", "gauge", "[STABLE] Start time of the container since unix epoch in seconds");
        foreach (var pod in stats.Pods)
        {
            foreach (var container in pod.Containers)
            {
                var labels = $"{{container=\"{container.Name}\",namespace=\"{pod.Pod.Metadata.Namespace}\",pod=\"{pod.Pod.Metadata.Name}\"}}";
                MetricsText.Value(text, "container_cpu_usage_seconds_total" + labels, container.Usage.CpuNanos / 1e9, at);
                MetricsText.Value(text, "container_memory_working_set_bytes" + labels, container.Usage.WorkingSetBytes, at);
                MetricsText.Value(text, "container_start_time_seconds" + labels, container.StartedAt.ToUnixTimeMilliseconds() / 1e3, null);
            }
        }

        MetricsText.Head(text, "pod_cpu_usage_seconds_total", "counter", "[STABLE] Cumulative cpu time consumed by the pod in core-seconds");
        MetricsText.Head(text, "pod_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the pod in bytes");
        foreach (var pod in stats.Pods)
        {
            var labels = $"{{namespace=\"{pod.Pod.Metadata.Namespace}\",pod=\"{pod.Pod.Metadata.Name}\"}}";
            MetricsText.Value(text, "pod_cpu_usage_seconds_total" + labels, pod.Usage.CpuNanos / 1e9, at);
            MetricsText.Value(text, "pod_memory_working_set_bytes" + labels, pod.Usage.WorkingSetBytes, at);
        }

        MetricsText.Head(text, "node_cpu_usage_seconds_total", "counter", "[STABLE] Cumulative cpu time consumed by the node in core-seconds");
        MetricsText.Value(text, "node_cpu_usage_seconds_total", stats.Node.CpuNanos / 1e9, at);
        MetricsText.Head(text, "node_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the node in bytes");
        MetricsText.Value(text, "node_memory_working_set_bytes", stats.Node.WorkingSetBytes, at);
        MetricsText.Head(text, "resource_scrape_error", "gauge", "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise");
        MetricsText.Value(text, "resource_scrape_error", 0, null);
        context.Response.ContentType = MetricsText.ContentType;
        await context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    public async Task MetricsAsync(HttpContext context)
    {
        var workers = manager.Workers;
        var text = new StringBuilder();
        MetricsText.Head(text, "kubelet_node_name", "gauge", "[ALPHA] The node's name. The count is always 1.");
        MetricsText.Value(text, $"kubelet_node_name{{node=\"{facts.Name}\"}}", 1, null);
        MetricsText.Head(text, "kubelet_running_pods", "gauge", "[ALPHA] Number of pods that have a running pod sandbox");
        MetricsText.Value(text, "kubelet_running_pods", workers.Count(w => w.State == PodWorkerState.Active), null);
        MetricsText.Head(text, "kubelet_running_containers", "gauge", "[ALPHA] Number of containers currently running");
        foreach (var state in new[] { "running", "exited", "created" })
        {
            var count = workers.Sum(w => w.Status.ContainerStatuses.Concat(w.Status.InitContainerStatuses).Count(s => state switch
            {
                "running" => s.State.Running is not null,
                "exited" => s.State.Terminated is not null,
                _ => s.State.Waiting is not null && s.ContainerID.Length > 0,
            }));
            MetricsText.Value(text, $"kubelet_running_containers{{container_state=\"{state}\"}}", count, null);
        }

        MetricsText.Head(text, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.");
        MetricsText.Value(text, "process_resident_memory_bytes", Environment.WorkingSet, null);
        context.Response.ContentType = MetricsText.ContentType;
        await context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    private static void Write(Utf8JsonWriter json, UsageSample usage, DateTimeOffset at)
    {
        json.WriteStartObject("cpu");
        json.WriteString("time", ApiTime.Format(at));
        json.WriteNumber("usageNanoCores", usage.NanoCores);
        json.WriteNumber("usageCoreNanoSeconds", usage.CpuNanos);
        json.WriteEndObject();
        json.WriteStartObject("memory");
        json.WriteString("time", ApiTime.Format(at));
        json.WriteNumber("usageBytes", usage.MemoryBytes);
        json.WriteNumber("workingSetBytes", usage.WorkingSetBytes);
        json.WriteNumber("rssBytes", usage.RssBytes);
        json.WriteNumber("pageFaults", usage.PageFaults);
        json.WriteNumber("majorPageFaults", usage.MajorPageFaults);
        json.WriteEndObject();
    }
}
