using System.Text;
using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Values;

/// <summary>A sequence of bytes.</summary>
public sealed class CelBytes(ReadOnlyMemory<byte> data) : CelReference
{
    public ReadOnlyMemory<byte> Data => data;

    public override CelKind Kind => CelKind.Bytes;

    public override CelType RuntimeType => CelType.Bytes;

    public override bool ValueEquals(CelReference other) => other is CelBytes bytes && data.Span.SequenceEqual(bytes.Data.Span);

    public override int ValueHash()
    {
        var hash = new HashCode();
        hash.AddBytes(data.Span);
        return hash.ToHashCode();
    }

    public override string ToString() => Encoding.UTF8.GetString(data.Span);
}
