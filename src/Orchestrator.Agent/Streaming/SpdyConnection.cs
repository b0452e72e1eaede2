using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;

namespace Orchestrator.Agent.Streaming;

/// <summary>The client's side of a SPDY/3.1 connection, as far as container runtimes speak it: we open streams, both sides send.</summary>
/// <remarks>
/// Runtimes' servers neither open streams nor use flow control, and their headers tell us nothing, so incoming header blocks are not
/// decompressed. Our own are compressed without SPDY's dictionary, which zlib's format leaves to the sender.
/// </remarks>
internal sealed class SpdyConnection : IAsyncDisposable
{
    private const int Version = 3;
    private const int HeaderLength = 8;
    private const int FrameDataMax = 1 << 20;
    private readonly Stream _transport;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly ConcurrentDictionary<int, SpdyStream> _streams = new();
    private readonly MemoryStream _headerBytes = new();
    private readonly ZLibStream _headerCompressor;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private int _lastStreamId = -1;

    public SpdyConnection(Stream transport)
    {
        _transport = transport;
        _headerCompressor = new ZLibStream(_headerBytes, CompressionLevel.Fastest, leaveOpen: true);
        _reading = ReadAsync();
    }

    private enum FrameType : ushort
    {
        SynStream = 1,
        SynReply = 2,
        RstStream = 3,
        Ping = 6,
        GoAway = 7,
    }

    /// <summary>Asks for a stream with headers (names in lower case). It may be written to once it is <see cref="SpdyStream.Accepted"/>.</summary>
    public async Task<SpdyStream> OpenAsync(IReadOnlyDictionary<string, string> headers, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            var id = _lastStreamId += 2;
            var stream = new SpdyStream(this, id);
            _streams[id] = stream;
            var block = CompressHoldingLock(headers);
            var frame = new byte[HeaderLength + 10 + block.Length];
            WriteControlHeader(frame, FrameType.SynStream, 10 + block.Length);
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(HeaderLength), id);
            block.CopyTo(frame, HeaderLength + 10);
            await _transport.WriteAsync(frame, cancellationToken);
            return stream;
        }
        finally
        {
            _sending.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _transport.DisposeAsync();
        await _reading;
        await _headerCompressor.DisposeAsync();
    }

    internal async Task SendDataAsync(int streamId, ReadOnlyMemory<byte> data, bool isLast, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            do
            {
                var part = data.Length > FrameDataMax ? data[..FrameDataMax] : data;
                data = data[part.Length..];
                var frame = ArrayPool<byte>.Shared.Rent(HeaderLength + part.Length);
                try
                {
                    BinaryPrimitives.WriteInt32BigEndian(frame, streamId);
                    BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), part.Length);
                    frame[4] = isLast && data.IsEmpty ? (byte)1 : (byte)0;
                    part.CopyTo(frame.AsMemory(HeaderLength));
                    await _transport.WriteAsync(frame.AsMemory(0, HeaderLength + part.Length), cancellationToken);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(frame);
                }
            }
            while (!data.IsEmpty);
        }
        finally
        {
            _sending.Release();
        }
    }

    internal void Forget(int streamId) => _streams.TryRemove(streamId, out _);

    private async Task ReadAsync()
    {
        await Task.Yield();
        var header = new byte[HeaderLength];
        try
        {
            while (await _transport.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, _stop.Token) == HeaderLength)
            {
                var first = BinaryPrimitives.ReadInt32BigEndian(header);
                var flags = header[4];
                var length = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4)) & 0xFFFFFF;
                var payload = new byte[length];
                await _transport.ReadExactlyAsync(payload, _stop.Token);
                if (first >= 0)
                {
                    await OnDataAsync(first, payload, isLast: (flags & 1) != 0);
                }
                else if (!await OnControlAsync((FrameType)(first & 0xFFFF), flags, header, payload))
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection is gone; the streams below hear of it as their end.
        }

        foreach (var stream in _streams.Values)
        {
            stream.EndReading();
        }
    }

    private async ValueTask OnDataAsync(int streamId, byte[] payload, bool isLast)
    {
        if (!_streams.TryGetValue(streamId, out var stream))
        {
            return;
        }

        if (payload.Length > 0)
        {
            await stream.ReceiveAsync(payload, _stop.Token);
        }

        if (isLast)
        {
            stream.EndReading();
        }
    }

    private async ValueTask<bool> OnControlAsync(FrameType type, byte flags, byte[] header, byte[] payload)
    {
        switch (type)
        {
            case FrameType.SynReply or FrameType.RstStream:
                if (_streams.TryGetValue(BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue, out var stream))
                {
                    if (type == FrameType.SynReply)
                    {
                        stream.Accept();
                    }

                    if (type == FrameType.RstStream || (flags & 1) != 0)
                    {
                        stream.EndReading();
                    }
                }

                return true;
            case FrameType.Ping:
                // Only the server's own pings (even numbers) ask for an echo.
                if ((BinaryPrimitives.ReadInt32BigEndian(payload) & 1) == 0)
                {
                    await _sending.WaitAsync(_stop.Token);
                    try
                    {
                        await _transport.WriteAsync((byte[])[.. header, .. payload], _stop.Token);
                    }
                    finally
                    {
                        _sending.Release();
                    }
                }

                return true;
            default:
                return type != FrameType.GoAway;
        }
    }

    private byte[] CompressHoldingLock(IReadOnlyDictionary<string, string> headers)
    {
        using var plain = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, headers.Count);
        plain.Write(number);
        foreach (var text in headers.SelectMany(h => new[] { h.Key, h.Value }))
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32BigEndian(number, bytes.Length);
            plain.Write(number);
            plain.Write(bytes);
        }

        // One compression stream for the whole connection; a flush makes each block readable by itself.
        _headerBytes.SetLength(0);
        _headerCompressor.Write(plain.GetBuffer(), 0, (int)plain.Length);
        _headerCompressor.Flush();
        return _headerBytes.ToArray();
    }

    private static void WriteControlHeader(byte[] frame, FrameType type, int length)
    {
        BinaryPrimitives.WriteUInt16BigEndian(frame, 0x8000 | Version);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)type);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), length);
    }
}
