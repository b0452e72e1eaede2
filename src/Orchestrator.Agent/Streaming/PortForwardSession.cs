using System.Buffers.Binary;
using System.Globalization;
using System.Net.WebSockets;

namespace Orchestrator.Agent.Streaming;

/// <summary>A port-forward of a client that names its ports beforehand: two channels per port, data and error.</summary>
internal sealed class PortForwardSession(WebSocket webSocket, SpdyConnection connection, IReadOnlyList<int> ports)
{
    private readonly ChannelSocket _socket = new(webSocket, isBase64: false);

    /// <summary>Runs until the client or all ports have hung up.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var streams = new List<SpdyStream>();
        var outputs = new List<Task>();
        for (var i = 0; i < ports.Count; i++)
        {
            var port = ports[i].ToString(CultureInfo.InvariantCulture);
            var requestId = i.ToString(CultureInfo.InvariantCulture);
            var error = await OpenAsync("error", port, requestId, stop.Token);
            var data = await OpenAsync("data", port, requestId, stop.Token);
            await error.Accepted.WaitAsync(stop.Token);
            await data.Accepted.WaitAsync(stop.Token);
            await error.CloseWriteAsync(stop.Token);
            streams.Add(data);

            // Both channels begin with the port's number.
            var number = new byte[2];
            BinaryPrimitives.WriteUInt16LittleEndian(number, (ushort)ports[i]);
            await _socket.SendAsync((byte)(2 * i), number, stop.Token);
            await _socket.SendAsync((byte)((2 * i) + 1), number, stop.Token);
            outputs.Add(ForwardAsync(data, (byte)(2 * i), stop.Token));
            outputs.Add(ForwardAsync(error, (byte)((2 * i) + 1), stop.Token));
        }

        var inputs = ReceiveAsync(streams, stop.Token);
        if (await Task.WhenAny(Task.WhenAll(outputs), inputs) != inputs)
        {
            await _socket.CloseAsync(stop.Token);
            stop.CancelAfter(ChannelSocket.CloseTimeout);
            await inputs;
        }

        await stop.CancelAsync();
        await Task.WhenAll([inputs, .. outputs]);
    }

    private Task<SpdyStream> OpenAsync(string type, string port, string requestId, CancellationToken cancellationToken) =>
        connection.OpenAsync(
            new Dictionary<string, string> { ["streamtype"] = type, ["port"] = port, ["requestid"] = requestId }, cancellationToken);

    private async Task ForwardAsync(SpdyStream stream, byte channel, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var data in stream.ReadAllAsync(cancellationToken))
            {
                await _socket.SendAsync(channel, data, cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            // The client has gone.
        }
    }

    private async Task ReceiveAsync(List<SpdyStream> streams, CancellationToken cancellationToken)
    {
        try
        {
            while (await _socket.ReceiveAsync(cancellationToken) is { } message)
            {
                if (message.Channel % 2 == 0 && message.Channel / 2 < streams.Count)
                {
                    await streams[message.Channel / 2].WriteAsync(message.Data, cancellationToken);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // Either side has hung up.
        }
    }
}
