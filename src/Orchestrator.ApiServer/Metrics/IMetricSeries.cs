using System.Buffers;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>One series: a counter, a gauge or a histogram.</summary>
internal interface IMetricSeries
{
    void Write(IBufferWriter<byte> output, string name, string labels);
}
