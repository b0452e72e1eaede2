using System.Buffers;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>A family under another name, for metrics that upstream has renamed and still shows.</summary>
internal sealed class AliasFamily<T>(string name, string help, string type, SeriesFamily<T> of) : MetricFamily(name, help, type)
    where T : IMetricSeries
{
    public override void Write(IBufferWriter<byte> output)
    {
        if (!of.IsEmpty)
        {
            WriteHeader(output);
            of.WriteSeries(output, Name);
        }
    }
}
