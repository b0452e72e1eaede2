using System.Net.WebSockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Orchestrator.ApiServer.Http;

/// <summary>The server's side of a WebSocket's opening handshake (RFC 6455, section 4.2).</summary>
internal static class WebSocketUpgrade
{
    // RFC 6455, section 1.3.
    private const string AcceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    /// <summary>True if the client asks for a WebSocket on a connection that can become one.</summary>
    public static bool IsAsked(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
        && context.Request.Headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase)
        && context.Request.Headers.SecWebSocketKey.Count == 1;

    /// <summary>The subprotocols that the client offers, in its order.</summary>
    public static IEnumerable<string> Offered(HttpContext context) =>
        context.Request.Headers.SecWebSocketProtocol.SelectMany(static v => (v ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Answers 101 and takes the connection. <paramref name="protocol"/> is the chosen one of those offered, "" for none.</summary>
    public static async Task<WebSocket> AcceptAsync(HttpContext context, string protocol)
    {
        var response = context.Response.Headers;
        response.ContentType = default;
        response.Upgrade = "websocket";
        response.SecWebSocketAccept = Convert.ToBase64String(SHA1.HashData(System.Text.Encoding.ASCII.GetBytes(context.Request.Headers.SecWebSocketKey + AcceptGuid)));
        if (protocol.Length > 0)
        {
            response.SecWebSocketProtocol = protocol;
        }

        var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = KeepAlive, SubProtocol = protocol.Length > 0 ? protocol : null });
    }

    /// <summary>Reads until the client has gone, for those who take nothing from it but the end.</summary>
    public static async Task AwaitEndAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[1024];
        try
        {
            while ((await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception gone) when (gone is WebSocketException or ObjectDisposedException or IOException or OperationCanceledException)
        {
            // Cut off: the same as the end.
        }
    }
}
