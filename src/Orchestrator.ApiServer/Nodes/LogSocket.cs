using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Nodes;

/// <summary>
/// Carries a log over a WebSocket: an empty message first, then what was read, as binary messages or, if the client chose base64.binary.k8s.io, as text in
/// base64.
/// </summary>
internal static class LogSocket
{
    private const string Binary = "binary.k8s.io";
    private const string Base64 = "base64.binary.k8s.io";

    /// <summary>Sends <paramref name="log"/> until it ends or the client goes.</summary>
    /// <exception cref="ApiException">403: the client offers subprotocols, none of which carries a log.</exception>
    public static async Task SendAsync(HttpContext context, Stream log, CancellationToken cancellationToken)
    {
        var offered = WebSocketUpgrade.Offered(context).ToList();
        var protocol = offered.FirstOrDefault(static p => p is Binary or Base64) ?? (offered.Count == 0 ? "" : throw Errors.Make(403, "Forbidden", "unsupported websocket protocol", null));
        using var socket = await WebSocketUpgrade.AcceptAsync(context, protocol);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = IgnoreAsync(socket, gone);
        var type = protocol == Base64 ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        try
        {
            await socket.SendAsync(ReadOnlyMemory<byte>.Empty, type, endOfMessage: true, gone.Token);
            var buffer = new byte[16 * 1024];
            int read;
            while ((read = await log.ReadAsync(buffer, gone.Token)) > 0)
            {
                ReadOnlyMemory<byte> message = buffer.AsMemory(0, read);
                await socket.SendAsync(protocol == Base64 ? System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(message.Span)) : message, type, endOfMessage: true, gone.Token);
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", gone.Token);
        }
        catch (Exception e) when (e is WebSocketException || (e is OperationCanceledException && gone.IsCancellationRequested))
        {
            // The client has gone, or the server ends: nobody is left to be told.
        }

        await gone.CancelAsync();
        await reading;
    }

    /// <summary>A log takes nothing from its client but the end.</summary>
    private static async Task IgnoreAsync(WebSocket socket, CancellationTokenSource gone)
    {
        await WebSocketUpgrade.AwaitEndAsync(socket, gone.Token);
        await gone.CancelAsync();
    }
}
