using Orchestrator.Network.Dns.Serving;
using Orchestrator.Network.Dns.Wire;
using Orchestrator.Network.Dns.Zone;
using Orchestrator.Network.Tests.Support;

namespace Orchestrator.Network.Tests.Dns.Wire;

public sealed class DnsQueryTests
{
    [Fact]
    public void Query_is_taken_apart()
    {
        var message = DnsText.Query("Web.Default.svc.cluster.local", RecordType.Aaaa, edns: 1400);
        var scratch = new byte[DnsQuery.ScratchSize];

        Assert.Equal(ResponseCode.NoError, DnsQuery.TryParse(message, scratch, out var query));
        Assert.Equal("web.default.svc.cluster.local.", DnsName.Format(query.Name));
        Assert.Equal(5, query.LabelCount);
        Assert.Equal("svc.cluster.local.", DnsName.Format(query.Suffix(2)));
        Assert.Equal(".", DnsName.Format(query.Suffix(5)));
        Assert.Equal("default"u8.ToArray(), query.Label(1).ToArray());
        Assert.Equal(RecordType.Aaaa, query.Type);
        Assert.True(query.HasEdns);
        Assert.Equal(1400, query.UdpSize);
    }

    [Fact]
    public void Any_bytes_are_answered_or_dropped_but_never_break_the_responder()
    {
        var options = new ClusterZoneOptions();
        var responder = new DnsResponder(new ClusterZone(options), options, []);
        responder.MarkReady();
        var random = new Random(20310501);
        var response = new byte[DnsResponse.UdpSizeMax];
        for (var i = 0; i < 50_000; i++)
        {
            // Half of them start as a good query and lose or change some bytes, which reaches deeper than noise.
            var message = i % 2 == 0 ? new byte[random.Next(0, 64)] : DnsText.Query("a.b.svc.cluster.local", RecordType.A, edns: 1232);
            if (i % 2 == 0)
            {
                random.NextBytes(message);
            }
            else
            {
                message[random.Next(message.Length)] = (byte)random.Next(256);
                message = message[..random.Next(message.Length + 1)];
            }

            var verdict = responder.Respond(message, response, stream: false, (uint)i, out var length);
            Assert.InRange(length, 0, response.Length);
            if (verdict == DnsVerdict.Answered)
            {
                DnsText.Render(response.AsSpan(0, length));
            }
        }
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("a.b.", true)]
    [InlineData("a..b", false)]
    [InlineData("ä.b", false)]
    [InlineData("x1234567890123456789012345678901234567890123456789012345678901234.b", false)]
    public void Text_is_a_name_or_not(string text, bool valid)
    {
        Assert.Equal(valid, DnsName.TryEncode(text, out _));
    }

    [Fact]
    public void Compressed_name_is_read_whole_and_a_circle_is_malformed()
    {
        byte[] message = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, (byte)'O', (byte)'r', (byte)'g', 0, 1, (byte)'a', 0xC0, 12, 0xC0, 21];
        var name = new byte[DnsName.LengthMax];
        var offset = 17;
        Assert.Equal("a.org.", DnsName.Format(name.AsSpan(0, DnsName.Read(message, ref offset, name))));
        Assert.Equal(21, offset);
        Assert.Equal(0, DnsName.Read(message, ref offset, name));
    }

    [Fact]
    public void Unknown_edns_version_operation_and_class_are_refused_as_rfcs_say()
    {
        var options = new ClusterZoneOptions();
        var responder = new DnsResponder(new ClusterZone(options), options, []);
        var response = new byte[DnsResponse.UdpSizeMax];

        var version = DnsText.Query("cluster.local", RecordType.A, edns: 1232);
        version[^5] = 1;
        responder.Respond(version, response, stream: false, 0, out _);
        Assert.Equal(1, response[12 + 15 + 4 + 5]); // BADVERS is 16: its upper bits are in the OPT record.

        var operation = DnsText.Query("cluster.local", RecordType.A);
        operation[2] = 0x28;
        responder.Respond(operation, response, stream: false, 0, out var length);
        Assert.Equal("NotImplemented\n", DnsText.Render(response.AsSpan(0, length)));

        var @class = DnsText.Query("version.bind", RecordType.Txt);
        @class[^1] = 3;
        responder.Respond(@class, response, stream: false, 0, out length);
        Assert.Equal("Refused\n", DnsText.Render(response.AsSpan(0, length)));
    }

    [Fact]
    public void Answering_allocates_nothing()
    {
        var options = new ClusterZoneOptions();
        var zone = new ClusterZone(options);
        using var changes = Sample.Catalog(["default"], Sample.Service("web", "default", "10.96.0.7")).Subscribe();
        zone.Apply(changes.Take());
        var responder = new DnsResponder(zone, options, []);
        responder.MarkReady();
        byte[][] queries =
        [
            DnsText.Query("web.default.svc.cluster.local", RecordType.A),
            DnsText.Query("example.org.default.svc.cluster.local", RecordType.Aaaa, edns: 1232),
            DnsText.Query("10-1-2-3.default.pod.cluster.local", RecordType.A),
        ];
        var response = new byte[DnsResponse.UdpSizeMax];
        Answer();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Answer();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Answer()
        {
            foreach (var query in queries)
            {
                responder.Respond(query, response, stream: false, 0, out _);
            }
        }
    }
}
