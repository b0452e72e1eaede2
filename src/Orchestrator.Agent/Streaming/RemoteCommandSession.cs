using System.Net.WebSockets;

namespace Orchestrator.Agent.Streaming;

/// <summary>One exec or attach: the channels of a WebSocket and the streams of the runtime.</summary>
internal sealed class RemoteCommandSession(WebSocket webSocket, SpdyConnection connection, RemoteCommandOptions options, RemoteCommandProtocol protocol)
{
    private const byte StdinChannel = 0;
    private const byte StdoutChannel = 1;
    private const byte StderrChannel = 2;
    private const byte ErrorChannel = 3;
    private const byte ResizeChannel = 4;
    private const byte CloseSignal = 255;
    private readonly ChannelSocket _socket = new(webSocket, protocol.IsBase64);

    /// <summary>Runs to the end of the command, or until the client has gone.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var error = await OpenAsync("error", stop.Token);
        var stdin = options.Stdin ? await OpenAsync("stdin", stop.Token) : null;
        var stdout = options.Stdout ? await OpenAsync("stdout", stop.Token) : null;
        var stderr = options.Stderr && !options.Tty ? await OpenAsync("stderr", stop.Token) : null;
        var resize = options.Tty ? await OpenAsync("resize", stop.Token) : null;

        // The runtime drops what reaches a stream before it has taken it: the terminal's first size, or the beginning of the input.
        try
        {
            foreach (var stream in new[] { error, stdin, stdout, stderr, resize }.OfType<SpdyStream>())
            {
                await stream.Accepted.WaitAsync(stop.Token);
            }
        }
        catch (IOException e)
        {
            var status = new Api.Meta.V1.Status { StatusValue = "Failure", Message = e.Message, Reason = "InternalError", Code = 500 };
            await TellAsync(Api.Json.ApiJson.WriteToArray(status), stop.Token);
            await _socket.CloseAsync(stop.Token);
            return;
        }

        // Some clients wait for a sign on the channels that they read.
        await _socket.SendAsync(StdoutChannel, ReadOnlyMemory<byte>.Empty, stop.Token);
        var outputs = Task.WhenAll(
            ForwardAsync(stdout, StdoutChannel, stop.Token),
            ForwardAsync(stderr, StderrChannel, stop.Token),
            ForwardStatusAsync(error, stop.Token));
        var inputs = ReceiveAsync(stdin, resize, stop.Token);
        if (await Task.WhenAny(outputs, inputs) == outputs)
        {
            // A read that is cut off resets the connection, and with it what the client has not read yet: it gets time to say good-bye.
            await _socket.CloseAsync(stop.Token);
            stop.CancelAfter(ChannelSocket.CloseTimeout);
            await inputs;
        }

        await stop.CancelAsync();
        await Task.WhenAll(outputs, inputs);
    }

    private Task<SpdyStream> OpenAsync(string type, CancellationToken cancellationToken) =>
        connection.OpenAsync(new Dictionary<string, string> { ["streamtype"] = type }, cancellationToken);

    private async Task ForwardAsync(SpdyStream? stream, byte channel, CancellationToken cancellationToken)
    {
        if (stream is null)
        {
            return;
        }

        try
        {
            await foreach (var data in stream.ReadAllAsync(cancellationToken))
            {
                await _socket.SendAsync(channel, data, cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            // The client has gone; the command hears of it by the end of its streams.
        }
    }

    /// <summary>The runtime tells how the command ended in one Status, which the client hears in the words of its protocol.</summary>
    private async Task ForwardStatusAsync(SpdyStream stream, CancellationToken cancellationToken)
    {
        try
        {
            using var status = new MemoryStream();
            await foreach (var data in stream.ReadAllAsync(cancellationToken))
            {
                status.Write(data);
            }

            await TellAsync(status.ToArray(), cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            // The client has gone; nobody is left to be told.
        }
    }

    private async Task TellAsync(ReadOnlyMemory<byte> status, CancellationToken cancellationToken)
    {
        var told = protocol.Tell(status);
        if (!told.IsEmpty)
        {
            await _socket.SendAsync(ErrorChannel, told, cancellationToken);
        }
    }

    private async Task ReceiveAsync(SpdyStream? stdin, SpdyStream? resize, CancellationToken cancellationToken)
    {
        try
        {
            while (await _socket.ReceiveAsync(cancellationToken) is { } message)
            {
                switch (message.Channel)
                {
                    case StdinChannel when stdin is not null && message.Data.Length > 0:
                        await stdin.WriteAsync(message.Data, cancellationToken);
                        break;
                    case ResizeChannel when resize is not null && message.Data.Length > 0:
                        await resize.WriteAsync(message.Data, cancellationToken);
                        break;
                    case CloseSignal when protocol.CanClose && stdin is not null && message.Data.Length == 1 && message.Data.Span[0] == StdinChannel:
                        await stdin.CloseWriteAsync(cancellationToken);
                        break;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // Either side has hung up.
        }
    }
}
