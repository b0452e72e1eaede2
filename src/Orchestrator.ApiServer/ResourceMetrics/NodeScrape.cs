using System.Globalization;
using System.Text.RegularExpressions;

namespace Orchestrator.ApiServer.ResourceMetrics;

/// <summary>What a node says that it and its pods have used: the text of its <c>/metrics/resource</c>, read.</summary>
internal sealed partial class NodeScrape
{
    private readonly Dictionary<(string Namespace, string Pod, string Container), ResourceUsage> _containers = [];

    /// <summary>Null if the node did not say.</summary>
    public ResourceUsage? Node { get; private set; }

    /// <summary>By namespace, pod and container.</summary>
    public IReadOnlyDictionary<(string Namespace, string Pod, string Container), ResourceUsage> Containers => _containers;

    /// <summary>Reads the text; lines of no interest are passed over.</summary>
    /// <param name="text">Prometheus' text format, as kubelets serve it.</param>
    /// <param name="scrapedAt">The time of values that have none of their own.</param>
    public static NodeScrape Parse(string text, DateTimeOffset scrapedAt)
    {
        var scrape = new NodeScrape();
        var empty = new ResourceUsage(double.NaN, double.NaN, scrapedAt);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.IsEmpty || line[0] == '#' || Sample().Match(line.ToString()) is not { Success: true } sample
                || !double.TryParse(sample.Groups["value"].ValueSpan, CultureInfo.InvariantCulture, out var value))
            {
                continue;
            }

            var at = long.TryParse(sample.Groups["time"].ValueSpan, CultureInfo.InvariantCulture, out var millis) ? DateTimeOffset.FromUnixTimeMilliseconds(millis) : scrapedAt;
            var name = sample.Groups["name"].Value;
            if (name is "node_cpu_usage_seconds_total" or "node_memory_working_set_bytes")
            {
                scrape.Node = With(scrape.Node ?? empty, name, value, at);
            }
            else if (name is "container_cpu_usage_seconds_total" or "container_memory_working_set_bytes")
            {
                var labels = Label().Matches(sample.Groups["labels"].Value).ToDictionary(static m => m.Groups["name"].Value, static m => m.Groups["value"].Value);
                var key = (labels.GetValueOrDefault("namespace") ?? "", labels.GetValueOrDefault("pod") ?? "", labels.GetValueOrDefault("container") ?? "");
                scrape._containers[key] = With(scrape._containers.GetValueOrDefault(key, empty), name, value, at);
            }
        }

        return scrape;
    }

    private static ResourceUsage With(ResourceUsage usage, string name, double value, DateTimeOffset at) =>
        name.Contains("cpu", StringComparison.Ordinal) ? usage with { CpuSeconds = value, At = at } : usage with { MemoryBytes = value };

    [GeneratedRegex("^(?<name>[a-z_]+)(?:\\{(?<labels>[^}]*)\\})? (?<value>[^ ]+)(?: (?<time>[0-9]+))?$")]
    private static partial Regex Sample();

    [GeneratedRegex("(?<name>[a-z_]+)=\"(?<value>[^\"]*)\"")]
    private static partial Regex Label();
}
