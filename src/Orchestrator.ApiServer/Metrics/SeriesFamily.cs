using System.Buffers;
using System.Collections.Concurrent;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>Series that differ in their labels' values. Take a series once and keep it: a look-up costs more than counting does.</summary>
/// <remarks>May be used by several threads at once. Label values must come from closed sets: series are never dropped.</remarks>
internal sealed class SeriesFamily<T>(string name, string help, string type, string[] labels, Func<T> create) : MetricFamily(name, help, type)
    where T : IMetricSeries
{
    private readonly ConcurrentDictionary<string, T> _series = new(StringComparer.Ordinal);

    /// <summary>The series of these values, made if it is new.</summary>
    public T With(params ReadOnlySpan<string> values) => _series.GetOrAdd(MetricText.Labels(labels, values), static (_, make) => make(), create);

    /// <summary>The series of ready-made labels.</summary>
    public T WithText(string text) => _series.GetOrAdd(text, static (_, make) => make(), create);

    public override void Write(IBufferWriter<byte> output)
    {
        if (_series.IsEmpty)
        {
            return;
        }

        WriteHeader(output);
        WriteSeries(output, Name);
    }

    /// <summary>Whether there is nothing to write.</summary>
    public bool IsEmpty => _series.IsEmpty;

    /// <summary>Writes the series under a name.</summary>
    public void WriteSeries(IBufferWriter<byte> output, string name)
    {
        foreach (var (text, series) in _series.OrderBy(static s => s.Key, StringComparer.Ordinal))
        {
            series.Write(output, name, text);
        }
    }
}
