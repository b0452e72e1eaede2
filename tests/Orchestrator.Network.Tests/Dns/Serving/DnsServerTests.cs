using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Network.Dns.Forwarding;
using Orchestrator.Network.Dns.Serving;
using Orchestrator.Network.Dns.Wire;
using Orchestrator.Network.Dns.Zone;
using Orchestrator.Network.Services;
using Orchestrator.Network.Tests.Support;

namespace Orchestrator.Network.Tests.Dns.Serving;

/// <summary>The server on real sockets, with a real server above it; all on loopback.</summary>
public sealed class DnsServerTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly UpstreamStub _upstream = new();
    private DnsServer _server = null!;

    public ValueTask InitializeAsync()
    {
        var options = new ClusterZoneOptions();
        var zone = new ClusterZone(options);
        var catalog = Sample.Catalog(
            ["default"],
            Sample.Service("web", "default", "10.96.0.7"),
            Sample.Service("away") with { Kind = ServiceKind.ExternalName, ExternalName = "alias.example.org" },
            Sample.Service("here") with { Kind = ServiceKind.ExternalName, ExternalName = "web.default.svc.cluster.local" });
        using var changes = catalog.Subscribe();
        zone.Apply(changes.Take());
        var responder = new DnsResponder(zone, options, []);
        responder.MarkReady();
        var forwarding = new ForwarderOptions { Servers = [_upstream.Endpoint] };
        var forwarder = new Forwarder(
            forwarding,
            new UpstreamServers(forwarding, TimeProvider.System, NullLogger<UpstreamServers>.Instance),
            new SocketUpstreamTransport(),
            TimeProvider.System,
            NullLogger<Forwarder>.Instance);
        _server = new DnsServer(
            new DnsServerOptions { Endpoint = new IPEndPoint(IPAddress.Loopback, 0) },
            responder, forwarder, new AliasFollower(zone, forwarder), TimeProvider.System, NullLogger<DnsServer>.Instance);
        _server.Start();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Datagram_and_stream_give_the_same_answer()
    {
        var query = DnsText.Query("web.default.svc.cluster.local", RecordType.A);

        var datagram = await AskDatagramAsync(query);
        var stream = await AskStreamAsync(query);

        Assert.Equal("NoError aa\nweb.default.svc.cluster.local. 30 A 10.96.0.7\n", DnsText.Render(datagram));
        Assert.Equal(datagram, stream);
    }

    [Fact]
    public async Task Other_names_are_asked_above_once_and_then_remembered()
    {
        var first = await AskDatagramAsync(DnsText.Query("www.example.org", RecordType.A, id: 1));
        var second = await AskDatagramAsync(DnsText.Query("WWW.example.org", RecordType.A, id: 2));

        Assert.Equal("NoError\nwww.example.org. 300 A 192.0.2.80\n", DnsText.Render(first));
        Assert.Equal("NoError\nwww.example.org. 300 A 192.0.2.80\n", DnsText.Render(second));
        Assert.Equal(2, DnsHeader.Id(second));
        Assert.Equal(1, _upstream.Asked("www.example.org."));
    }

    [Fact]
    public async Task Answer_too_large_for_a_datagram_is_fetched_over_tcp_and_truncated_for_a_plain_client()
    {
        var plain = await AskDatagramAsync(DnsText.Query("large.example.org", RecordType.A));
        var whole = await AskStreamAsync(DnsText.Query("large.example.org", RecordType.A));

        Assert.Equal("NoError tc\n", DnsText.Render(plain));
        Assert.Equal(101, DnsText.Render(whole).Count(c => c == '\n'));
    }

    [Fact]
    public async Task Alias_is_followed_out_of_the_cluster_and_within_it()
    {
        Assert.Equal(
            "NoError aa\naway.default.svc.cluster.local. 5 CNAME alias.example.org.\nalias.example.org. 300 CNAME www.example.org.\n"
            + "www.example.org. 300 A 192.0.2.80\n",
            DnsText.Render(await AskDatagramAsync(DnsText.Query("away.default.svc.cluster.local", RecordType.A))));
        Assert.Equal(
            "NoError aa\nhere.default.svc.cluster.local. 5 CNAME web.default.svc.cluster.local.\nweb.default.svc.cluster.local. 30 A 10.96.0.7\n",
            DnsText.Render(await AskDatagramAsync(DnsText.Query("here.default.svc.cluster.local", RecordType.A))));
    }

    [Fact]
    public async Task Name_that_nobody_has_is_remembered_for_the_time_its_zone_says()
    {
        var first = await AskDatagramAsync(DnsText.Query("none.example.org", RecordType.A));
        await AskDatagramAsync(DnsText.Query("none.example.org", RecordType.A));

        Assert.StartsWith("NameError\nauthority example.org. 60 SOA", DnsText.Render(first), StringComparison.Ordinal);
        Assert.Equal(1, _upstream.Asked("none.example.org."));
    }

    private async Task<byte[]> AskDatagramAsync(byte[] query)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(_server.LocalEndpoint!, deadline.Token);
        await socket.SendAsync(query, deadline.Token);
        var buffer = new byte[65535];
        return buffer[..await socket.ReceiveAsync(buffer, deadline.Token)];
    }

    private async Task<byte[]> AskStreamAsync(byte[] query)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(_server.LocalEndpoint!, deadline.Token);
        var stream = client.GetStream();
        var prefix = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(prefix, (ushort)query.Length);
        await stream.WriteAsync(prefix, deadline.Token);
        await stream.WriteAsync(query, deadline.Token);
        await stream.ReadExactlyAsync(prefix, deadline.Token);
        var response = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        await stream.ReadExactlyAsync(response, deadline.Token);
        return response;
    }
}
