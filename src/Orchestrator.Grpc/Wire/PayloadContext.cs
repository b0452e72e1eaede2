using System.Buffers;
using Grpc.Core;

namespace Orchestrator.Grpc.Wire;

/// <summary>Hands one received message to its marshaller; reused for every message of a stream.</summary>
internal sealed class PayloadContext : DeserializationContext
{
    private ReadOnlyMemory<byte> _payload;

    public override int PayloadLength => _payload.Length;

    public T Deserialize<T>(Marshaller<T> marshaller, ReadOnlyMemory<byte> payload)
    {
        _payload = payload;
        try
        {
            return marshaller.ContextualDeserializer(this);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"Cannot read a {typeof(T).Name} of {payload.Length} bytes: {e.Message}", e));
        }
        finally
        {
            _payload = default;
        }
    }

    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(_payload);
}
