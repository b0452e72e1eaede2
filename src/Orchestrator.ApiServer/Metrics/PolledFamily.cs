using System.Buffers;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>Values that are looked up when somebody asks.</summary>
internal sealed class PolledFamily(string name, string help, string type, string[] labels, Func<IEnumerable<(string[] Labels, double Value)>> poll) : MetricFamily(name, help, type)
{
    public override void Write(IBufferWriter<byte> output)
    {
        var first = true;
        foreach (var (values, value) in poll())
        {
            if (first)
            {
                WriteHeader(output);
                first = false;
            }

            MetricText.Sample(output, Name, MetricText.Labels(labels, values), value);
        }
    }
}
