using System.Net;
using Orchestrator.Network.Dns.Serving;
using Orchestrator.Network.Dns.Wire;
using Orchestrator.Network.Dns.Zone;
using Orchestrator.Network.Services;
using Orchestrator.Network.Tests.Support;

namespace Orchestrator.Network.Tests.Dns.Zone;

public sealed class ClusterZoneTests
{
    private const string Negative = "authority cluster.local. 5 SOA ns.dns.cluster.local. hostmaster.cluster.local. serial 7200 1800 86400 5\n";
    private static readonly ClusterZoneOptions Options = new();

    private readonly ServiceCatalog _catalog = new();
    private readonly CatalogSubscription _changes;
    private readonly ClusterZone _zone = new(Options);
    private readonly DnsResponder _responder;

    public ClusterZoneTests()
    {
        _changes = _catalog.Subscribe();
        _responder = new DnsResponder(_zone, Options, [IPNetwork.Parse("10.96.0.0/12"), IPNetwork.Parse("10.244.0.0/16")]);
        _responder.MarkReady();
        _catalog.SetNamespaces(["default", "empty"]);
        _catalog.Set(Sample.Service("web", "default", "10.96.0.7", "fd00::7"));
        var headless = Sample.Headless("db");
        _catalog.Set(headless);
        _catalog.Set(Sample.Slice(
            headless,
            Sample.Endpoint("10.244.1.5") with { Hostname = "db-0" },
            Sample.Endpoint("10.244.1.6"),
            Sample.Endpoint("10.244.1.7", ready: false) with { Hostname = "db-2" }));
        _catalog.Set(Sample.Headless("nobody"));
        _catalog.Set(Sample.Service("away") with { Kind = ServiceKind.ExternalName, ExternalName = "example.org" });
    }

    [Theory]
    [InlineData("web.default.svc.cluster.local", "A", "NoError aa\nweb.default.svc.cluster.local. 30 A 10.96.0.7\n")]
    [InlineData("WEB.Default.svc.cluster.LOCAL.", "A", "NoError aa\nweb.default.svc.cluster.local. 30 A 10.96.0.7\n")]
    [InlineData("web.default.svc.cluster.local", "Aaaa", "NoError aa\nweb.default.svc.cluster.local. 30 AAAA fd00::7\n")]
    [InlineData("web.default.svc.cluster.local", "Txt", "NoError aa\n" + Negative)]
    [InlineData("_http._tcp.web.default.svc.cluster.local", "Srv",
        "NoError aa\n_http._tcp.web.default.svc.cluster.local. 30 SRV 0 100 80 web.default.svc.cluster.local.\n"
        + "additional web.default.svc.cluster.local. 30 A 10.96.0.7\nadditional web.default.svc.cluster.local. 30 AAAA fd00::7\n")]
    [InlineData("_tcp.web.default.svc.cluster.local", "A", "NoError aa\n" + Negative)]
    [InlineData("_dns._tcp.web.default.svc.cluster.local", "Srv", "NameError aa\n" + Negative)]
    [InlineData("7.0.96.10.in-addr.arpa", "Ptr", "NoError aa\n7.0.96.10.in-addr.arpa. 5 PTR web.default.svc.cluster.local.\n")]
    [InlineData("7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", "Ptr",
        "NoError aa\n7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa. 5 PTR web.default.svc.cluster.local.\n")]
    [InlineData("8.0.96.10.in-addr.arpa", "Ptr",
        "NameError aa\nauthority in-addr.arpa. 5 SOA ns.dns.in-addr.arpa. hostmaster.in-addr.arpa. serial 7200 1800 86400 5\n")]
    [InlineData("db-0.db.default.svc.cluster.local", "A", "NoError aa\ndb-0.db.default.svc.cluster.local. 5 A 10.244.1.5\n")]
    [InlineData("10-244-1-6.db.default.svc.cluster.local", "A", "NoError aa\n10-244-1-6.db.default.svc.cluster.local. 5 A 10.244.1.6\n")]
    [InlineData("db-2.db.default.svc.cluster.local", "A", "NameError aa\n" + Negative)]
    [InlineData("_http._tcp.db.default.svc.cluster.local", "Srv",
        "NoError aa\n_http._tcp.db.default.svc.cluster.local. 5 SRV 0 50 8080 db-0.db.default.svc.cluster.local.\n"
        + "_http._tcp.db.default.svc.cluster.local. 5 SRV 0 50 8080 10-244-1-6.db.default.svc.cluster.local.\n"
        + "additional db-0.db.default.svc.cluster.local. 5 A 10.244.1.5\nadditional 10-244-1-6.db.default.svc.cluster.local. 5 A 10.244.1.6\n")]
    [InlineData("5.1.244.10.in-addr.arpa", "Ptr", "NoError aa\n5.1.244.10.in-addr.arpa. 5 PTR db-0.db.default.svc.cluster.local.\n")]
    [InlineData("nobody.default.svc.cluster.local", "A", "NameError aa\n" + Negative)]
    [InlineData("missing.default.svc.cluster.local", "A", "NameError aa\n" + Negative)]
    [InlineData("empty.svc.cluster.local", "A", "NoError aa\n" + Negative)]
    [InlineData("unknown.svc.cluster.local", "A", "NameError aa\n" + Negative)]
    [InlineData("svc.cluster.local", "A", "NoError aa\n" + Negative)]
    [InlineData("away.default.svc.cluster.local", "CName", "NoError aa\naway.default.svc.cluster.local. 5 CNAME example.org.\n")]
    [InlineData("10-1-2-3.empty.pod.cluster.local", "A", "NoError aa\n10-1-2-3.empty.pod.cluster.local. 5 A 10.1.2.3\n")]
    [InlineData("10-1-2-3.empty.pod.cluster.local", "Aaaa", "NoError aa\n" + Negative)]
    [InlineData("fd00--9.empty.pod.cluster.local", "Aaaa", "NoError aa\nfd00--9.empty.pod.cluster.local. 5 AAAA fd00::9\n")]
    [InlineData("10-1-2-300.empty.pod.cluster.local", "A", "NameError aa\n" + Negative)]
    [InlineData("10-1-2-3.unknown.pod.cluster.local", "A", "NameError aa\n" + Negative)]
    [InlineData("dns-version.cluster.local", "Txt", "NoError aa\ndns-version.cluster.local. 28800 TXT \"1.1.0\"\n")]
    [InlineData("cluster.local", "Soa", "NoError aa\ncluster.local. 5 SOA ns.dns.cluster.local. hostmaster.cluster.local. serial 7200 1800 86400 5\n")]
    [InlineData("cluster.local", "NS", "NoError aa\ncluster.local. 30 NS ns.dns.cluster.local.\nadditional ns.dns.cluster.local. 30 A 10.96.0.10\n")]
    public void Names_answer_as_the_specification_says(string name, string type, string expected)
    {
        Assert.Equal(expected, Ask(name, Enum.Parse<RecordType>(type)));
    }

    [Fact]
    public void Headless_service_answers_with_every_ready_endpoint_in_turns()
    {
        var first = Ask("db.default.svc.cluster.local", RecordType.A, turn: 1);
        var second = Ask("db.default.svc.cluster.local", RecordType.A, turn: 2);

        Assert.Equal("NoError aa\ndb.default.svc.cluster.local. 5 A 10.244.1.5\ndb.default.svc.cluster.local. 5 A 10.244.1.6\n", first);
        Assert.Equal("NoError aa\ndb.default.svc.cluster.local. 5 A 10.244.1.6\ndb.default.svc.cluster.local. 5 A 10.244.1.5\n", second);
    }

    [Fact]
    public void Not_ready_addresses_are_published_on_request()
    {
        _catalog.Set(Sample.Headless("db") with { PublishNotReadyAddresses = true });

        Assert.Equal("NoError aa\ndb-2.db.default.svc.cluster.local. 5 A 10.244.1.7\n", Ask("db-2.db.default.svc.cluster.local", RecordType.A));
    }

    [Fact]
    public void Names_vanish_with_their_service_and_its_namespace()
    {
        Ask("web.default.svc.cluster.local", RecordType.A);
        _catalog.RemoveService(new ServiceKey("default", "web"));
        _catalog.SetNamespaces(["default"]);

        Assert.StartsWith("NameError", Ask("web.default.svc.cluster.local", RecordType.A), StringComparison.Ordinal);
        Assert.StartsWith("NameError", Ask("_http._tcp.web.default.svc.cluster.local", RecordType.Srv), StringComparison.Ordinal);
        Assert.StartsWith("NameError", Ask("7.0.96.10.in-addr.arpa", RecordType.Ptr), StringComparison.Ordinal);
        Assert.StartsWith("NameError", Ask("empty.svc.cluster.local", RecordType.A), StringComparison.Ordinal);
        Assert.StartsWith("NoError", Ask("db.default.svc.cluster.local", RecordType.A), StringComparison.Ordinal);
    }

    [Fact]
    public void Many_endpoints_over_a_plain_datagram_are_truncated_and_over_a_stream_are_whole()
    {
        var big = Sample.Headless("big");
        _catalog.Set(big);
        _catalog.Set(Sample.Slice(big, [.. Enumerable.Range(1, 200).Select(i => Sample.Endpoint($"10.244.2.{i}"))]));

        var datagram = Ask("big.default.svc.cluster.local", RecordType.A);
        var wide = Ask("big.default.svc.cluster.local", RecordType.A, edns: 4096);
        var stream = Ask("big.default.svc.cluster.local", RecordType.A, stream: true);

        Assert.StartsWith("NoError aa tc\n", datagram, StringComparison.Ordinal);
        Assert.Equal((512 - 12 - 34) / 16, datagram.Count(c => c == '\n') - 1);
        Assert.Equal(202, wide.Count(c => c == '\n')); // Status, 200 records, EDNS.
        Assert.Equal(201, stream.Count(c => c == '\n'));
    }

    [Fact]
    public void Clusters_names_are_server_failure_until_the_zone_is_loaded()
    {
        var responder = new DnsResponder(_zone, Options, []);
        var response = new byte[DnsResponse.UdpSizeMax];

        responder.Respond(DnsText.Query("web.default.svc.cluster.local", RecordType.A), response, stream: false, turn: 0, out var length);

        Assert.Equal("ServerFailure\n", DnsText.Render(response.AsSpan(0, length)));
    }

    [Fact]
    public void Every_change_takes_a_new_serial()
    {
        Ask("web.default.svc.cluster.local", RecordType.A);
        var before = _zone.Snapshot.Serial;
        _catalog.RemoveService(new ServiceKey("default", "web"));
        Ask("web.default.svc.cluster.local", RecordType.A);

        Assert.True(_zone.Snapshot.Serial > before);
    }

    private string Ask(string name, RecordType type, uint turn = 0, int? edns = null, bool stream = false)
    {
        _zone.Apply(_changes.Take());
        var response = new byte[65535];
        var verdict = _responder.Respond(DnsText.Query(name, type, edns), response, stream, turn, out var length);
        Assert.Equal(DnsVerdict.Answered, verdict);
        return DnsText.Render(response.AsSpan(0, length)).Replace(name.TrimEnd('.') + ".", name.TrimEnd('.').ToLowerInvariant() + ".", StringComparison.Ordinal);
    }
}
