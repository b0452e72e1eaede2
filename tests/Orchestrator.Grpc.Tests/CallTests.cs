using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Grpc.Tests.Protos;

namespace Orchestrator.Grpc.Tests;

public sealed class CallTests : IAsyncLifetime
{
    private readonly NumbersServer _server = new();

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Unary_call_carries_message_headers_and_trailers()
    {
        using var call = _server.Client.EchoAsync(new Number { Value = 42 }, new Metadata { { "a", "1" }, { "b-bin", [0, 200] } });

        Assert.Equal(42, (await call).Value);
        Assert.Equal("er", (await call.ResponseHeadersAsync).GetValue("head"));
        Assert.Equal("er", call.GetTrailers().GetValue("trail"));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal("1", _server.Probe.Headers!.GetValue("a"));
        Assert.Equal([0, 200], _server.Probe.Headers.GetValueBytes("b-bin")!);
    }

    [Fact]
    public async Task Status_detail_and_trailers_of_a_failure_arrive()
    {
        var e = await Assert.ThrowsAsync<RpcException>(async () => await _server.Client.EchoAsync(new Number { Value = NumbersService.Fail }));

        Assert.Equal(StatusCode.NotFound, e.StatusCode);
        Assert.Equal("kein Behälter %\n", e.Status.Detail);
        Assert.Equal("gone", e.Trailers.GetValue("why"));
        Assert.Equal([1, 2, 255], e.Trailers.GetValueBytes("raw-bin")!);
    }

    [Fact]
    public async Task Unexpected_exception_is_unknown_and_keeps_its_text_at_home()
    {
        var e = await Assert.ThrowsAsync<RpcException>(async () => await _server.Client.EchoAsync(new Number { Value = NumbersService.Throw }));

        Assert.Equal(StatusCode.Unknown, e.StatusCode);
        Assert.DoesNotContain("secret", e.Status.Detail);
    }

    [Fact]
    public async Task Client_streaming_gives_one_answer()
    {
        using var call = _server.Client.Sum();
        for (var i = 1; i <= 100; i++)
        {
            await call.RequestStream.WriteAsync(new Number { Value = i });
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(5050, (await call).Value);
    }

    [Fact]
    public async Task Server_streaming_arrives_in_order_to_its_end()
    {
        using var call = _server.Client.CountTo(new Number { Value = 10_000 });
        var expected = 0;
        await foreach (var number in call.ResponseStream.ReadAllAsync())
        {
            Assert.Equal(++expected, number.Value);
        }

        Assert.Equal(10_000, expected);
    }

    [Fact]
    public async Task Duplex_streams_answer_each_other()
    {
        using var call = _server.Client.Double();
        for (var i = 1; i <= 5; i++)
        {
            await call.RequestStream.WriteAsync(new Number { Value = i });
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal(2 * i, call.ResponseStream.Current.Value);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task Duplex_call_ends_for_both_sides_with_the_servers_status()
    {
        using var call = _server.Client.Double();
        await call.RequestStream.WriteAsync(new Number { Value = -5 });

        var read = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.OutOfRange, read.StatusCode);
        var written = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new Number()));
        Assert.Equal(StatusCode.OutOfRange, written.StatusCode);
    }

    [Fact]
    public async Task Deadline_ends_the_call_on_both_sides()
    {
        var e = await Assert.ThrowsAsync<RpcException>(async () => await _server.Client.EchoAsync(
            new Number { Value = NumbersService.WaitForCancellation }, deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(100)));

        Assert.Equal(StatusCode.DeadlineExceeded, e.StatusCode);
        await _server.Probe.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Cancelling_the_token_ends_a_stream_on_both_sides()
    {
        using var cancel = new CancellationTokenSource();
        using var call = _server.Client.CountTo(new Number { Value = 3 }, cancellationToken: cancel.Token);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        }

        await cancel.CancelAsync();
        var e = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.Cancelled, e.StatusCode);
        await _server.Probe.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Disposing_an_unread_stream_cancels_it_at_the_server()
    {
        var call = _server.Client.CountTo(new Number { Value = 3 });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        call.Dispose();

        await _server.Probe.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Message_over_the_servers_limit_is_refused()
    {
        var e = await Assert.ThrowsAsync<RpcException>(async () => await _server.Client.EchoAsync(
            new Number { Ballast = ByteString.CopyFrom(new byte[100_001]) }));

        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
    }

    [Theory]
    [InlineData(99_000, "gzip")]
    [InlineData(99_000, "identity")]
    public async Task Large_messages_travel_compressed_and_plain(int size, string encoding)
    {
        var ballast = new byte[size];
        new Random(7).NextBytes(ballast.AsSpan(0, size / 2));
        var echo = await _server.Client.EchoAsync(
            new Number { Ballast = ByteString.CopyFrom(ballast) }, new Metadata { { "grpc-internal-encoding-request", encoding } });

        Assert.Equal(ballast, echo.Ballast.ToByteArray());
    }

    [Fact]
    public async Task Compressed_bomb_is_refused_by_what_comes_out()
    {
        var e = await Assert.ThrowsAsync<RpcException>(async () => await _server.Client.EchoAsync(
            new Number { Ballast = ByteString.CopyFrom(new byte[10_000_000]) }, new Metadata { { "grpc-internal-encoding-request", "gzip" } }));

        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
    }

    [Fact]
    public async Task Unknown_method_of_a_known_service_is_unimplemented()
    {
        var marshaller = Marshallers.StringMarshaller;
        var method = new Method<string, string>(MethodType.Unary, "testing.Numbers", "Nonsense", marshaller, marshaller);
        var e = await Assert.ThrowsAsync<RpcException>(async () => await _server.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, "x"));

        Assert.Equal(StatusCode.Unimplemented, e.StatusCode);
    }

    [Fact]
    public async Task Server_that_is_not_there_is_unavailable()
    {
        using var channel = GrpcChannels.Create("unix:///nonexistent/socket");
        var e = await Assert.ThrowsAsync<RpcException>(async () => await new Numbers.NumbersClient(channel).EchoAsync(new Number()));

        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
    }

    [Fact]
    public async Task Same_calls_work_over_tls()
    {
        using var channel = GrpcChannel.ForAddress(_server.HttpsAddress, new GrpcChannelOptions
        {
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } },
        });

        Assert.Equal(7, (await new Numbers.NumbersClient(channel).EchoAsync(new Number { Value = 7 })).Value);
    }

    [Fact]
    public async Task Hundreds_of_calls_at_once_share_the_channel()
    {
        var calls = Enumerable.Range(0, 500).Select(i => _server.Client.EchoAsync(new Number { Value = i + 10 }).ResponseAsync).ToArray();
        var answers = await Task.WhenAll(calls);

        Assert.Equal(Enumerable.Range(10, 500).Select(i => (long)i), answers.Select(a => a.Value));
    }
}
