using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Network.Dns.Forwarding;
using Orchestrator.Network.Dns.Wire;
using Orchestrator.Network.Tests.Support;

namespace Orchestrator.Network.Tests.Dns.Forwarding;

public sealed class ForwarderTests
{
    private static readonly IPEndPoint First = new(IPAddress.Parse("192.0.2.1"), 53);
    private static readonly IPEndPoint Second = new(IPAddress.Parse("192.0.2.2"), 53);

    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedTransport _transport = new();
    private readonly Forwarder _forwarder;

    public ForwarderTests()
    {
        var options = new ForwarderOptions { Servers = [First, Second] };
        _forwarder = new Forwarder(
            options, new UpstreamServers(options, _time, NullLogger<UpstreamServers>.Instance), _transport, _time, NullLogger<Forwarder>.Instance);
    }

    [Fact]
    public async Task Same_question_under_way_is_asked_once()
    {
        var first = AskAsync("a.example.org");
        var second = AskAsync("A.example.org");
        var exchange = await _transport.NextAsync();
        exchange.Answer(ttl: 10);

        Assert.Equal(ResponseCode.NoError, (await first).Code);
        Assert.Same(await first, await second);
        Assert.Equal(1, _transport.Count);
    }

    [Fact]
    public async Task Silent_server_is_given_up_at_the_deadline_and_the_next_one_preferred_from_then_on()
    {
        var task = AskAsync("a.example.org");
        Assert.Equal(First, (await _transport.NextAsync()).Server);
        _time.Advance(TimeSpan.FromSeconds(2));
        var next = await _transport.NextAsync();
        Assert.Equal(Second, next.Server);
        next.Answer(ttl: 10);
        Assert.Equal(ResponseCode.NoError, (await task).Code);

        var later = AskAsync("b.example.org");
        var exchange = await _transport.NextAsync();
        exchange.Answer(ttl: 10);
        await later;
        Assert.Equal(Second, exchange.Server);
    }

    [Fact]
    public async Task Answer_is_forgotten_when_its_time_is_up_and_ages_until_then()
    {
        var task = AskAsync("a.example.org");
        (await _transport.NextAsync()).Answer(ttl: 10);
        var answer = await task;
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Same(answer, await AskAsync("a.example.org"));
        var sections = new byte[answer.SectionsLength];
        answer.CopySections(sections, _time);
        Assert.Equal(6, sections[2 + 2 + 2 + 3]);

        _time.Advance(TimeSpan.FromSeconds(6));
        var again = AskAsync("a.example.org");
        (await _transport.NextAsync()).Answer(ttl: 10);
        Assert.NotSame(answer, await again);
    }

    [Fact]
    public async Task Nobody_answering_is_a_server_failure_that_is_remembered_for_a_moment()
    {
        var task = AskAsync("a.example.org");
        for (var i = 0; i < 4; i++)
        {
            (await _transport.NextAsync()).Break();
        }

        Assert.Equal(ResponseCode.ServerFailure, (await task).Code);
        Assert.Equal(ResponseCode.ServerFailure, (await AskAsync("a.example.org")).Code);
        Assert.Equal(4, _transport.Count);
    }

    [Fact]
    public void Servers_that_are_this_server_are_not_asked()
    {
        var path = Path.Combine(Path.GetTempPath(), $"resolv-{Guid.NewGuid():N}");
        File.WriteAllText(path, "# made by hand\nsearch example.org\nnameserver 10.96.0.10\nnameserver 192.0.2.1 # near\noptions ndots:5\nnameserver fe80::1\nnameserver bogus\n");
        try
        {
            var servers = new UpstreamServers(
                new ForwarderOptions { ResolvConfPath = path, OwnAddresses = [IPAddress.Parse("10.96.0.10")] }, _time, NullLogger<UpstreamServers>.Instance);
            Assert.Equal(["192.0.2.1:53", "[fe80::1]:53"], servers.Current().Select(server => server.ToString()));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private Task<UpstreamAnswer> AskAsync(string name) => _forwarder.ResolveAsync(DnsText.Query(name, RecordType.A), TestContext.Current.CancellationToken);

    private sealed class ScriptedTransport : IUpstreamTransport
    {
        private readonly System.Threading.Channels.Channel<Exchange> _exchanges = System.Threading.Channels.Channel.CreateUnbounded<Exchange>();

        public int Count { get; private set; }

        public ValueTask<Exchange> NextAsync() => _exchanges.Reader.ReadAsync(TestContext.Current.CancellationToken);

        public async ValueTask<byte[]> ExchangeAsync(IPEndPoint server, ReadOnlyMemory<byte> query, CancellationToken cancellationToken)
        {
            Count++;
            var exchange = new Exchange(server, query.ToArray());
            _exchanges.Writer.TryWrite(exchange);
            return await exchange.Response.Task.WaitAsync(cancellationToken);
        }
    }

    private sealed record Exchange(IPEndPoint Server, byte[] Query)
    {
        public TaskCompletionSource<byte[]> Response { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Break() => Response.SetException(new IOException("refused"));

        public void Answer(uint ttl)
        {
            DnsQuery.TryParse(Query, new byte[DnsQuery.ScratchSize], out var query);
            var writer = new DnsWriter();
            writer.BeginWithQuestion(query.Name, query.Type, 1);
            var mark = writer.BeginRecord(query.Name, RecordType.A, ttl);
            writer.WriteBytes([192, 0, 2, 80]);
            writer.EndRecord(mark);
            DnsHeader.WriteResponse(writer.Header, query.Id, query.Flags, ResponseCode.NoError, authoritative: false);
            DnsHeader.WriteCounts(writer.Header, 1, 1, 0, 0);
            Response.SetResult(writer.Written.ToArray());
        }
    }
}
