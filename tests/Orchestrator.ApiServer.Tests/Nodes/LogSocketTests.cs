using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.ApiServer.Nodes;

namespace Orchestrator.ApiServer.Tests.Nodes;

public sealed class LogSocketTests
{
    [Theory]
    [InlineData(null, WebSocketMessageType.Binary, "one\n")]
    [InlineData("binary.k8s.io", WebSocketMessageType.Binary, "one\n")]
    [InlineData("base64.binary.k8s.io", WebSocketMessageType.Text, "b25lCg==")]
    public async Task Log_comes_in_messages_behind_an_empty_one(string? protocol, WebSocketMessageType type, string expected)
    {
        var token = TestContext.Current.CancellationToken;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static o => o.Listen(IPAddress.Loopback, 0));
        await using var app = builder.Build();
        app.Run(static context => LogSocket.SendAsync(context, new MemoryStream("one\n"u8.ToArray()), context.RequestAborted));
        await app.StartAsync(token);
        using var client = new ClientWebSocket();
        if (protocol is not null)
        {
            client.Options.AddSubProtocol(protocol);
        }

        await client.ConnectAsync(new Uri(app.Urls.First().Replace("http", "ws", StringComparison.Ordinal)), token);
        var buffer = new byte[100];
        var first = await client.ReceiveAsync(buffer, token);
        var second = await client.ReceiveAsync(buffer, token);
        var end = await client.ReceiveAsync(new byte[1], token);

        Assert.Equal((protocol, 0, type, WebSocketMessageType.Close), (client.SubProtocol, first.Count, second.MessageType, end.MessageType));
        Assert.Equal(expected, Encoding.UTF8.GetString(buffer, 0, second.Count));
    }
}
