using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Grpc.Core;

namespace Orchestrator.Grpc.Wire;

/// <summary>Makes the length-prefixed frame of one message after the other in one pooled buffer.</summary>
/// <remarks>A frame: one byte "compressed?", four bytes length in network order, the message.</remarks>
internal sealed class MessageWriter(string? encoding, int? messageSizeMax) : SerializationContext, IBufferWriter<byte>, IDisposable
{
    private const int HeaderLength = 5;

    // Most messages of the agent and the store fit; larger ones grow the buffer once and it stays.
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(1024);
    private int _length;

    /// <summary>The frame of a message, valid until the next one.</summary>
    /// <exception cref="RpcException">The message is over the limit or cannot be written.</exception>
    public ReadOnlyMemory<byte> Frame<T>(Marshaller<T> marshaller, T message, bool compress = true)
    {
        _length = HeaderLength;
        try
        {
            marshaller.ContextualSerializer(message, this);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"Cannot write a {typeof(T).Name}: {e.Message}", e));
        }

        var payloadLength = _length - HeaderLength;
        if (payloadLength > messageSizeMax)
        {
            throw new RpcException(new Status(
                StatusCode.ResourceExhausted, $"Sending a message of {payloadLength} bytes, the limit is {messageSizeMax}."));
        }

        var compressed = compress && encoding == GrpcHeaders.Gzip;
        if (compressed)
        {
            Compress();
        }

        _buffer[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(1), _length - HeaderLength);
        return _buffer.AsMemory(0, _length);
    }

    public override void SetPayloadLength(int payloadLength) => EnsureFree(payloadLength);

    public override IBufferWriter<byte> GetBufferWriter() => this;

    public override void Complete()
    {
    }

    public override void Complete(byte[] payload)
    {
        EnsureFree(payload.Length);
        payload.CopyTo(_buffer, _length);
        _length += payload.Length;
    }

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureFree(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose()
    {
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Compress()
    {
        using var packed = new MemoryStream(_length);
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(_buffer, HeaderLength, _length - HeaderLength);
        }

        _length = HeaderLength;
        Complete(packed.ToArray());
    }

    private void EnsureFree(int count)
    {
        if (_buffer.Length - _length >= count)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + count, _buffer.Length * 2));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
