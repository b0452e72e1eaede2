using System.Buffers;
using System.Buffers.Text;
using System.Net.WebSockets;

namespace Orchestrator.Agent.Streaming;

/// <summary>A WebSocket whose messages begin with the number of a channel: binary, or text with the data in base64.</summary>
internal sealed class ChannelSocket(WebSocket socket, bool isBase64)
{
    /// <summary>How long a client may take to answer our good-bye.</summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private const int MessageLengthMax = 1 << 20;
    private readonly SemaphoreSlim _sending = new(1);
    private byte[] _buffer = new byte[33 * 1024];

    /// <summary>Sends bytes on a channel.</summary>
    public async Task SendAsync(byte channel, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var message = ArrayPool<byte>.Shared.Rent(1 + (isBase64 ? Base64.GetMaxEncodedToUtf8Length(data.Length) : data.Length));
        await _sending.WaitAsync(cancellationToken);
        try
        {
            var length = data.Length;
            if (isBase64)
            {
                message[0] = (byte)('0' + channel);
                Base64.EncodeToUtf8(data.Span, message.AsSpan(1), out _, out length);
            }
            else
            {
                message[0] = channel;
                data.CopyTo(message.AsMemory(1));
            }

            await socket.SendAsync(message.AsMemory(0, length + 1), isBase64 ? WebSocketMessageType.Text : WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
        finally
        {
            _sending.Release();
            ArrayPool<byte>.Shared.Return(message);
        }
    }

    /// <summary>The next message; null once the client has closed. The data is valid until the next call.</summary>
    /// <exception cref="WebSocketException">The connection broke, a message is over a mebibyte, or it is no base64 where it should be.</exception>
    public async Task<(byte Channel, ReadOnlyMemory<byte> Data)?> ReceiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                if (length == _buffer.Length)
                {
                    if (length >= MessageLengthMax)
                    {
                        throw new WebSocketException(WebSocketError.HeaderError, $"A message is longer than {MessageLengthMax} bytes.");
                    }

                    Array.Resize(ref _buffer, _buffer.Length * 2);
                }

                received = await socket.ReceiveAsync(_buffer.AsMemory(length), cancellationToken);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }

                length += received.Count;
            }
            while (!received.EndOfMessage);

            if (length == 0)
            {
                continue;
            }

            if (!isBase64)
            {
                return (_buffer[0], _buffer.AsMemory(1, length - 1));
            }

            if (Base64.DecodeFromUtf8InPlace(_buffer.AsSpan(1, length - 1), out var decoded) != OperationStatus.Done)
            {
                throw new WebSocketException(WebSocketError.InvalidMessageType, "A message is no base64.");
            }

            return ((byte)(_buffer[0] - '0'), _buffer.AsMemory(1, decoded));
        }
    }

    /// <summary>Says good-bye; a connection that is gone needs none.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", cancellationToken);
        }
        catch (WebSocketException)
        {
            // The client has gone without a good-bye of its own.
        }
        finally
        {
            _sending.Release();
        }
    }
}
