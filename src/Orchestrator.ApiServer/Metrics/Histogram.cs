using System.Buffers;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>How observed values are distributed. Observing allocates nothing and takes no lock.</summary>
/// <param name="bounds">The buckets' upper bounds, ascending; a last one without bound is added.</param>
internal sealed class Histogram(double[] bounds) : IMetricSeries
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private readonly Gauge _sum = new();

    public long Count => _counts.Sum();

    public double Sum => _sum.Value;

    public void Observe(double value)
    {
        // Most observations fall into the first buckets, so a linear search wins.
        var i = 0;
        while (i < bounds.Length && value > bounds[i])
        {
            i++;
        }

        Interlocked.Increment(ref _counts[i]);
        _sum.Add(value);
    }

    public void Observe(TimeSpan value) => Observe(value.TotalSeconds);

    public void Write(IBufferWriter<byte> output, string name, string labels)
    {
        var total = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            total += Interlocked.Read(ref _counts[i]);
            MetricText.Sample(output, name + "_bucket", MetricText.With(labels, "le", i < bounds.Length ? MetricText.Number(bounds[i]) : "+Inf"), total);
        }

        MetricText.Sample(output, name + "_sum", labels, _sum.Value);
        MetricText.Sample(output, name + "_count", labels, total);
    }
}
