using System.Buffers;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>A number that only grows.</summary>
internal sealed class Counter : IMetricSeries
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    public void Increment() => Interlocked.Increment(ref _value);

    public void Add(long amount) => Interlocked.Add(ref _value, amount);

    public void Write(IBufferWriter<byte> output, string name, string labels) => MetricText.Sample(output, name, labels, Value);
}
