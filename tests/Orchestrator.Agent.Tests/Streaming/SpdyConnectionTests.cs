using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Orchestrator.Agent.Streaming;

namespace Orchestrator.Agent.Tests.Streaming;

public sealed class SpdyConnectionTests
{
    private static readonly Dictionary<string, string> Headers = new() { ["streamtype"] = "resize" };

    [Fact]
    public async Task Stream_is_accepted_when_the_other_side_says_so_and_not_before()
    {
        var (near, far) = await ConnectAsync();
        await using var server = far;
        await using var connection = new SpdyConnection(near);
        var stream = await connection.OpenAsync(Headers, CancellationToken.None);
        Assert.Equal((1, 1), await ReadFrameAsync(server));
        Assert.False(stream.Accepted.IsCompleted);

        await SendControlAsync(server, type: 2, streamId: 1);
        await stream.Accepted.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Refused_stream_fails_whoever_waits_for_it()
    {
        var (near, far) = await ConnectAsync();
        await using var server = far;
        await using var connection = new SpdyConnection(near);
        var stream = await connection.OpenAsync(Headers, CancellationToken.None);

        await SendControlAsync(server, type: 3, streamId: 1);
        await Assert.ThrowsAsync<IOException>(() => stream.Accepted.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Streams_of_a_connection_that_ends_are_refused()
    {
        var (near, far) = await ConnectAsync();
        await using var connection = new SpdyConnection(near);
        var stream = await connection.OpenAsync(Headers, CancellationToken.None);

        await far.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => stream.Accepted.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    /// <summary>The type and the stream of a control frame.</summary>
    private static async Task<(int Type, int StreamId)> ReadFrameAsync(Stream stream)
    {
        var header = new byte[8];
        await stream.ReadExactlyAsync(header);
        var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4)) & 0xFFFFFF];
        await stream.ReadExactlyAsync(payload);
        return (BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(2)), BinaryPrimitives.ReadInt32BigEndian(payload));
    }

    private static async Task SendControlAsync(Stream stream, ushort type, int streamId)
    {
        var frame = new byte[16];
        BinaryPrimitives.WriteUInt16BigEndian(frame, 0x8003);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), type);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), 8);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(8), streamId);
        await stream.WriteAsync(frame);
    }

    private static async Task<(Stream Near, Stream Far)> ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var near = new TcpClient();
        await near.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        return (near.GetStream(), (await listener.AcceptTcpClientAsync()).GetStream());
    }
}
