using System.Buffers;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>All series of one name.</summary>
internal abstract class MetricFamily(string name, string help, string type)
{
    public string Name { get; } = name;

    /// <summary>Writes the family; a family without series writes nothing.</summary>
    public abstract void Write(IBufferWriter<byte> output);

    protected void WriteHeader(IBufferWriter<byte> output) => MetricText.Header(output, Name, help, type);
}
