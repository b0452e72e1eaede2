using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Orchestrator.Network.Dns.Wire;

namespace Orchestrator.Network.Tests.Support;

/// <summary>A name server on loopback that knows example.org.</summary>
internal sealed class UpstreamStub : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Socket _datagrams = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly TcpListener _streams;
    private readonly ConcurrentDictionary<string, int> _asked = new();
    private readonly Task _loops;

    public UpstreamStub()
    {
        _datagrams.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Endpoint = (IPEndPoint)_datagrams.LocalEndPoint!;
        _streams = new TcpListener(Endpoint);
        _streams.Start();
        _loops = Task.WhenAll(ServeDatagramsAsync(), ServeStreamsAsync());
    }

    public IPEndPoint Endpoint { get; }

    public int Asked(string name) => _asked.GetValueOrDefault(name);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await _loops;
        }
        catch (OperationCanceledException)
        {
        }

        _datagrams.Dispose();
        _streams.Dispose();
        _stopping.Dispose();
    }

    private async Task ServeDatagramsAsync()
    {
        var buffer = new byte[4096];
        while (true)
        {
            var received = await _datagrams.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _stopping.Token);
            var response = Answer(buffer.AsSpan(0, received.ReceivedBytes), stream: false);
            await _datagrams.SendToAsync(response, received.RemoteEndPoint, _stopping.Token);
        }
    }

    private async Task ServeStreamsAsync()
    {
        while (true)
        {
            using var client = await _streams.AcceptTcpClientAsync(_stopping.Token);
            var stream = client.GetStream();
            var prefix = new byte[2];
            await stream.ReadExactlyAsync(prefix, _stopping.Token);
            var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
            await stream.ReadExactlyAsync(query, _stopping.Token);
            var response = Answer(query, stream: true);
            BinaryPrimitives.WriteUInt16BigEndian(prefix, (ushort)response.Length);
            await stream.WriteAsync(prefix, _stopping.Token);
            await stream.WriteAsync(response, _stopping.Token);
        }
    }

    private byte[] Answer(ReadOnlySpan<byte> message, bool stream)
    {
        Assert.Equal(ResponseCode.NoError, DnsQuery.TryParse(message, new byte[DnsQuery.ScratchSize], out var query));
        var name = DnsName.Format(query.Name);
        _asked.AddOrUpdate(name, 1, (_, count) => count + 1);
        var writer = new DnsWriter();
        writer.BeginWithQuestion(query.Name, query.Type, query.Class);
        var (answers, authorities, code, truncated) = (0, 0, ResponseCode.NoError, false);
        switch (name)
        {
            case "www.example.org.":
                Address(80);
                break;
            case "alias.example.org.":
                var mark = writer.BeginRecord(query.Name, RecordType.CName, 300);
                writer.WriteName(DnsName.Encode("www.example.org"), compress: true);
                writer.EndRecord(mark);
                answers++;
                Address(80, "www.example.org");
                break;
            case "large.example.org." when stream:
                for (var i = 0; i < 100; i++)
                {
                    Address((byte)i);
                }

                break;
            case "large.example.org.":
                truncated = true;
                break;
            default:
                var soa = writer.BeginRecord(DnsName.Encode("example.org"), RecordType.Soa, 60);
                writer.WriteName(DnsName.Encode("ns.example.org"), compress: true);
                writer.WriteName(DnsName.Encode("admin.example.org"), compress: true);
                foreach (var value in (uint[])[1, 2, 3, 4, 60])
                {
                    writer.WriteUInt32(value);
                }

                writer.EndRecord(soa);
                authorities = 1;
                code = ResponseCode.NameError;
                break;
        }

        // A server that speaks EDNS ends its answer with it.
        writer.WriteBytes([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);
        DnsHeader.WriteResponse(writer.Header, query.Id, query.Flags, code, authoritative: false);
        DnsHeader.WriteCounts(writer.Header, 1, answers, authorities, 1);
        if (truncated)
        {
            DnsHeader.SetTruncated(writer.Header);
        }

        return writer.Written.ToArray();

        void Address(byte last, string owner = "")
        {
            var mark = writer.BeginRecord(owner.Length > 0 ? DnsName.Encode(owner) : DnsName.Encode(name), RecordType.A, 300);
            writer.WriteBytes([192, 0, 2, last]);
            writer.EndRecord(mark);
            answers++;
        }
    }
}
