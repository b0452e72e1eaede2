using System.Buffers;
using System.Collections.Concurrent;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>All metrics of a server, by name. Names and labels are upstream's where there is a counterpart.</summary>
internal sealed class MetricRegistry
{
    /// <summary>Upstream's buckets for how long requests take, in seconds.</summary>
    public static readonly double[] RequestBuckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);

    public SeriesFamily<Counter> Counter(string name, string help, params string[] labels) =>
        Add(name, () => new SeriesFamily<Counter>(name, help, "counter", labels, static () => new Counter()));

    public SeriesFamily<Gauge> Gauge(string name, string help, params string[] labels) =>
        Add(name, () => new SeriesFamily<Gauge>(name, help, "gauge", labels, static () => new Gauge()));

    public SeriesFamily<Histogram> Histogram(string name, string help, double[] bounds, params string[] labels) =>
        Add(name, () => new SeriesFamily<Histogram>(name, help, "histogram", labels, () => new Histogram(bounds)));

    /// <summary>Shows a family under another name as well.</summary>
    public void Alias<T>(string name, string help, string type, SeriesFamily<T> of)
        where T : IMetricSeries => Add(name, () => new AliasFamily<T>(name, help, type, of));

    /// <summary>A gauge (or counter) whose series are looked up at each scrape.</summary>
    public void Polled(string name, string help, string[] labels, Func<IEnumerable<(string[] Labels, double Value)>> poll, string type = "gauge") =>
        Add(name, () => new PolledFamily(name, help, type, labels, poll));

    /// <summary>A single value that is looked up at each scrape.</summary>
    public void Polled(string name, string help, Func<double> poll, string type = "gauge") => Polled(name, help, [], () => [([], poll())], type);

    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        foreach (var family in _families.OrderBy(static f => f.Key, StringComparer.Ordinal))
        {
            family.Value.Write(buffer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private T Add<T>(string name, Func<T> make)
        where T : MetricFamily => _families.GetOrAdd(name, static (_, make) => make(), make) as T ?? throw new InvalidOperationException($"metric {name} is registered as another type");
}
