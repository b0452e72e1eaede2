using System.Net.WebSockets;
using System.Text;
using Orchestrator.Agent.Streaming;

namespace Orchestrator.Agent.Tests.Streaming;

public sealed class RemoteCommandProtocolTests
{
    private const string Success = """{"metadata":{},"status":"Success"}""";
    private const string Failure = """{"metadata":{},"status":"Failure","message":"command terminated with exit code 3","reason":"NonZeroExitCode"}""";

    [Theory]
    [InlineData("", "", "")]
    [InlineData("channel.k8s.io", "channel.k8s.io", "")]
    [InlineData("v4.channel.k8s.io,v5.channel.k8s.io", "v5.channel.k8s.io", Success)]
    [InlineData("v4.base64.channel.k8s.io", "v4.base64.channel.k8s.io", Success)]
    public void Best_protocol_is_chosen_and_tells_of_success_in_its_way(string offered, string chosen, string told)
    {
        var protocol = RemoteCommandProtocol.Choose(offered.Split(',', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(chosen, protocol?.Name);
        Assert.Equal(told, Encoding.UTF8.GetString(protocol!.Tell(Encoding.UTF8.GetBytes(Success)).Span));
    }

    [Fact]
    public void Failure_is_a_message_where_there_is_no_status()
    {
        var told = RemoteCommandProtocol.Unnamed.Tell(Encoding.UTF8.GetBytes(Failure));

        Assert.Equal("command terminated with exit code 3", Encoding.UTF8.GetString(told.Span));
    }

    [Fact]
    public void Unknown_protocols_are_not_chosen() => Assert.Null(RemoteCommandProtocol.Choose(["v9.channel.k8s.io"]));

    [Fact]
    public async Task Base64_goes_as_text_behind_the_channels_digit()
    {
        var (near, far) = await SocketsAsync();
        var socket = new ChannelSocket(near, isBase64: true);

        await socket.SendAsync(1, "hello"u8.ToArray(), CancellationToken.None);
        var buffer = new byte[100];
        var received = await far.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
        Assert.Equal((WebSocketMessageType.Text, "1aGVsbG8="), (received.MessageType, Encoding.ASCII.GetString(buffer, 0, received.Count)));

        await far.SendAsync("0aGk="u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        var message = await socket.ReceiveAsync(CancellationToken.None);
        Assert.Equal((0, "hi"), (message!.Value.Channel, Encoding.ASCII.GetString(message.Value.Data.Span)));
    }

    private static async Task<(WebSocket Near, WebSocket Far)> SocketsAsync()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var near = new System.Net.Sockets.TcpClient();
        await near.ConnectAsync((System.Net.IPEndPoint)listener.LocalEndpoint);
        return (WebSocket.CreateFromStream(near.GetStream(), new WebSocketCreationOptions { IsServer = true }),
            WebSocket.CreateFromStream((await listener.AcceptTcpClientAsync()).GetStream(), new WebSocketCreationOptions()));
    }
}
