using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Orchestrator.Agent.Streaming;

/// <summary>Joins clients of exec, attach and port-forward with the runtime's streaming server.</summary>
/// <remarks>
/// A SPDY client is joined byte by byte. A WebSocket that tunnels SPDY (port-forward) is unwrapped and joined the same way. A WebSocket with
/// channels (exec, attach) is translated: a channel each becomes a stream, so that the end of the input can be told, which the
/// runtime's own WebSockets cannot.
/// </remarks>
internal sealed partial class StreamingProxy(ILogger<StreamingProxy> logger)
{
    public const string PortForwardTunnel = "SPDY/3.1+portforward.k8s.io";
    private const string PortForwardProtocol = "portforward.k8s.io";
    private const string RemoteCommandV4 = "v4.channel.k8s.io";
    private const int BufferLength = 32 * 1024;

    /// <summary>Serves exec or attach.</summary>
    /// <param name="context">The request.</param>
    /// <param name="options">Which streams there are.</param>
    /// <param name="address">Asks the runtime for the address to connect to.</param>
    public async Task RemoteCommandAsync(HttpContext context, RemoteCommandOptions options, Func<CancellationToken, Task<Uri>> address)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await JoinSpdyAsync(context, address);
            return;
        }

        var offered = context.WebSockets.WebSocketRequestedProtocols;
        if (RemoteCommandProtocol.Choose(offered) is not { } protocol)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, $"none of the WebSocket protocols [{string.Join(' ', offered)}] is known");
            return;
        }

        await using var upgrade = await ConnectAsync(context, address, [RemoteCommandV4]);
        if (upgrade is null)
        {
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync(protocol.Name.Length > 0 ? protocol.Name : null);
        await using var connection = new SpdyConnection(upgrade.Stream);
        await new RemoteCommandSession(socket, connection, options, protocol).RunAsync(context.RequestAborted);
    }

    /// <summary>Serves a port-forward.</summary>
    /// <param name="context">The request.</param>
    /// <param name="ports">The ports of a WebSocket client that names them beforehand.</param>
    /// <param name="address">Asks the runtime for the address to connect to.</param>
    public async Task PortForwardAsync(HttpContext context, IReadOnlyList<int> ports, Func<CancellationToken, Task<Uri>> address)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await JoinSpdyAsync(context, address);
            return;
        }

        await using var upgrade = await ConnectAsync(context, address, [PortForwardProtocol]);
        if (upgrade is null)
        {
            return;
        }

        if (context.WebSockets.WebSocketRequestedProtocols.Contains(PortForwardTunnel))
        {
            // The framework takes no protocol with a slash in its name, though kubectl's has one; the header is all that the handshake needs.
            context.Response.Headers.SecWebSocketProtocol = PortForwardTunnel;
            using var tunnel = await context.WebSockets.AcceptWebSocketAsync();
            await JoinAsync(tunnel, upgrade.Stream, context.RequestAborted);
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync(
            context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(p => p is RemoteCommandV4));
        await using var connection = new SpdyConnection(upgrade.Stream);
        await new PortForwardSession(socket, connection, ports).RunAsync(context.RequestAborted);
    }

    private async Task JoinSpdyAsync(HttpContext context, Func<CancellationToken, Task<Uri>> address)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } feature)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "unable to upgrade: missing upgrade headers in request");
            return;
        }

        var protocols = context.Request.Headers["X-Stream-Protocol-Version"].OfType<string>().SelectMany(p => p.Split(',', StringSplitOptions.TrimEntries));
        await using var upgrade = await ConnectAsync(context, address, protocols);
        if (upgrade is null)
        {
            return;
        }

        context.Response.Headers.Upgrade = "SPDY/3.1";
        if (upgrade.Protocol.Length > 0)
        {
            context.Response.Headers["X-Stream-Protocol-Version"] = upgrade.Protocol;
        }

        await using var client = await feature.UpgradeAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        await Task.WhenAny(CopyAsync(client, upgrade.Stream, stop.Token), CopyAsync(upgrade.Stream, client, stop.Token));
        await stop.CancelAsync();
    }

    private async Task<RuntimeUpgrade?> ConnectAsync(HttpContext context, Func<CancellationToken, Task<Uri>> address, IEnumerable<string> protocols)
    {
        RuntimeUpgrade upgrade;
        try
        {
            upgrade = await RuntimeUpgrade.ConnectAsync(await address(context.RequestAborted), protocols, context.RequestAborted);
        }
        catch (Exception e) when (e is IOException or global::Grpc.Core.RpcException)
        {
            LogFailed(context.Request.Path, Pods.GoErrors.Text(e));
            await RefuseAsync(context, StatusCodes.Status500InternalServerError, Pods.GoErrors.Text(e));
            return null;
        }

        if (upgrade.StatusCode == StatusCodes.Status101SwitchingProtocols)
        {
            return upgrade;
        }

        LogFailed(context.Request.Path, upgrade.Body);
        await RefuseAsync(context, upgrade.StatusCode is >= 400 and < 600 ? upgrade.StatusCode : StatusCodes.Status502BadGateway, "the runtime refused to stream");
        await upgrade.DisposeAsync();
        return null;
    }

    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        try
        {
            await from.CopyToAsync(to, BufferLength, cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Either side has hung up, which ends both.
        }
    }

    private static async Task JoinAsync(WebSocket socket, Stream stream, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var inputs = SocketToStreamAsync(socket, stream, stop.Token);
        var outputs = StreamToSocketAsync(stream, socket, stop.Token);
        if (await Task.WhenAny(inputs, outputs) == outputs)
        {
            stop.CancelAfter(ChannelSocket.CloseTimeout);
            await inputs;
        }

        await stop.CancelAsync();
        await Task.WhenAll(inputs, outputs);
    }

    private static async Task SocketToStreamAsync(WebSocket socket, Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferLength];
        try
        {
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                await stream.WriteAsync(buffer.AsMemory(0, received.Count), cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or WebSocketException)
        {
            // Either side has hung up, which ends both.
        }
    }

    private static async Task StreamToSocketAsync(Stream stream, WebSocket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferLength];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            {
                await socket.SendAsync(buffer.AsMemory(0, read), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or WebSocketException)
        {
            // Either side has hung up, which ends both.
        }
    }

    /// <summary>Answers with a status and a line of text.</summary>
    public static Task RefuseAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;

        // With its length told the body is not in chunks: whoever passes it on reads it raw from the connection.
        context.Response.ContentLength = System.Text.Encoding.UTF8.GetByteCount(message);
        return context.Response.WriteAsync(message);
    }

    [LoggerMessage(5801, LogLevel.Warning, "{Path}: {Reason}")]
    private partial void LogFailed(string path, string reason);
}
