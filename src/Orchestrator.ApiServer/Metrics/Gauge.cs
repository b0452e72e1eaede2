using System.Buffers;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>A number that goes up and down.</summary>
internal sealed class Gauge : IMetricSeries
{
    private double _value;

    public double Value
    {
        get => Volatile.Read(ref _value);
        set => Volatile.Write(ref _value, value);
    }

    public void Add(double amount)
    {
        var current = Volatile.Read(ref _value);
        while (true)
        {
            var seen = Interlocked.CompareExchange(ref _value, current + amount, current);
            if (BitConverter.DoubleToInt64Bits(seen) == BitConverter.DoubleToInt64Bits(current))
            {
                return;
            }

            current = seen;
        }
    }

    public void Write(IBufferWriter<byte> output, string name, string labels) => MetricText.Sample(output, name, labels, Value);
}
