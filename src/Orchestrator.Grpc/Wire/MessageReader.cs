using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Grpc.Core;

namespace Orchestrator.Grpc.Wire;

/// <summary>Reads length-prefixed messages from a stream through one pooled buffer.</summary>
internal sealed class MessageReader(Stream stream, string? encoding, int? messageSizeMax) : IDisposable
{
    private const int HeaderLength = 5;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(4096);
    private int _start;
    private int _end;

    /// <summary>The message that the last read brought, valid until the next one.</summary>
    public ReadOnlyMemory<byte> Message { get; private set; }

    /// <summary>Reads the next message; false at the end of the stream.</summary>
    /// <exception cref="RpcException">The message is over the limit, is cut off, or its compression is unknown.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(HeaderLength, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        var compressed = _buffer[_start];
        var length = BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start + 1));
        if (length > (messageSizeMax ?? Array.MaxLength - HeaderLength))
        {
            throw new RpcException(new Status(
                StatusCode.ResourceExhausted, $"Received a message of {length} bytes, the limit is {messageSizeMax ?? Array.MaxLength}."));
        }

        if (!await FillAsync(HeaderLength + (int)length, cancellationToken).ConfigureAwait(false))
        {
            throw CutOff();
        }

        Message = _buffer.AsMemory(_start + HeaderLength, (int)length);
        _start += HeaderLength + (int)length;
        if (compressed != 0)
        {
            Message = Decompress(Message);
        }

        return true;
    }

    public void Dispose()
    {
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Has the buffer hold so many bytes from the start; false if the stream ended before the first of them.</summary>
    private async ValueTask<bool> FillAsync(int count, CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        MakeRoom(count);
        while (_end - _start < count)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return _end == _start ? false : throw CutOff();
            }

            _end += read;
        }

        return true;
    }

    private void MakeRoom(int count)
    {
        if (_buffer.Length - _start >= count)
        {
            return;
        }

        var held = _buffer.AsSpan(_start, _end - _start);
        if (_buffer.Length >= count)
        {
            held.CopyTo(_buffer);
        }
        else
        {
            var larger = ArrayPool<byte>.Shared.Rent(count);
            held.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        _end -= _start;
        _start = 0;
    }

    private byte[] Decompress(ReadOnlyMemory<byte> packed)
    {
        if (encoding != GrpcHeaders.Gzip)
        {
            throw new RpcException(new Status(
                StatusCode.Unimplemented, $"A message is compressed by \"{encoding}\"; known are {GrpcHeaders.AcceptedEncodings}."));
        }

        using var gzip = new GZipStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
        using var plain = new MemoryStream();

        // The limit holds for what comes out: a small message must not blow up.
        var chunk = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            int read;
            while ((read = gzip.Read(chunk)) > 0)
            {
                plain.Write(chunk, 0, read);
                if (plain.Length > messageSizeMax)
                {
                    throw new RpcException(new Status(
                        StatusCode.ResourceExhausted, $"A decompressed message is over the limit of {messageSizeMax} bytes."));
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"A message is not valid gzip: {e.Message}", e));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        return plain.ToArray();
    }

    private static RpcException CutOff() => new(new Status(StatusCode.Internal, "The stream ended inside a message."));
}
