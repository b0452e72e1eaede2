using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Watching;

public sealed class WatchSocketTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_event_is_a_message_and_the_time_limit_closes_the_socket()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        using var socket = Socket();
        await socket.ConnectAsync(Address(server, "/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=2&fieldSelector=metadata.name%3Done"), Cancel);
        using var made = await server.SendAsync(
            HttpMethod.Post, "/api/v1/namespaces/default/configmaps", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"}}""", Cancel);
        using var deleted = await server.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/default/configmaps/one", null, Cancel);
        Assert.Equal("ADDED", await EventAsync(socket));
        Assert.Equal("DELETED", await EventAsync(socket));
        Assert.Null(await EventAsync(socket));
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Fact]
    public async Task A_refused_watch_is_an_ordinary_answer()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        using var socket = Socket();
        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(Address(server, "/api/v1/nothings?watch=1"), Cancel));
        Assert.Equal(HttpStatusCode.NotFound, socket.HttpStatusCode);
    }

    private static ClientWebSocket Socket()
    {
        var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        socket.Options.SetRequestHeader("Authorization", "Bearer admin-token");
        return socket;
    }

    private static Uri Address(LiveServer server, string path) => new(server.Host.Url.ToString().Replace("https://", "wss://", StringComparison.Ordinal).TrimEnd('/') + path);

    private static async Task<string?> EventAsync(ClientWebSocket socket)
    {
        var buffer = new byte[64 * 1024];
        var received = await socket.ReceiveAsync(buffer.AsMemory(), Cancel);
        if (received.MessageType == WebSocketMessageType.Close)
        {
            return null;
        }

        Assert.Equal((WebSocketMessageType.Text, true), (received.MessageType, received.EndOfMessage));
        return JsonDocument.Parse(Encoding.UTF8.GetString(buffer, 0, received.Count)).RootElement.GetProperty("type").GetString();
    }
}
