using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Orchestrator.Network.Dns.Wire;

namespace Orchestrator.Network.Dns.Forwarding;

/// <summary>Exchanges over real sockets: a fresh one per question, so that its source port is as hard to guess as its id.</summary>
internal sealed class SocketUpstreamTransport : IUpstreamTransport
{
    private const int DatagramSizeMax = 4096;

    public async ValueTask<byte[]> ExchangeAsync(IPEndPoint server, ReadOnlyMemory<byte> query, CancellationToken cancellationToken)
    {
        try
        {
            var response = await ExchangeDatagramsAsync(server, query, cancellationToken);
            return DnsHeader.IsTruncated(response) ? await ExchangeStreamAsync(server, query, cancellationToken) : response;
        }
        catch (SocketException exception)
        {
            throw new IOException($"Name server {server}: {exception.SocketErrorCode}", exception);
        }
    }

    private static async ValueTask<byte[]> ExchangeDatagramsAsync(IPEndPoint server, ReadOnlyMemory<byte> query, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellationToken);
        await socket.SendAsync(query, SocketFlags.None, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(DatagramSizeMax);
        try
        {
            while (true)
            {
                var length = await socket.ReceiveAsync(buffer.AsMemory(0, DatagramSizeMax), SocketFlags.None, cancellationToken);
                if (Answers(buffer.AsSpan(0, length), query.Span))
                {
                    return buffer.AsSpan(0, length).ToArray();
                }

                // A guess of somebody's, or an answer to an earlier question: wait for the right one.
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async ValueTask<byte[]> ExchangeStreamAsync(IPEndPoint server, ReadOnlyMemory<byte> query, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, cancellationToken);
        await using var stream = new NetworkStream(socket);
        var framed = new byte[query.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)query.Length);
        query.CopyTo(framed.AsMemory(2));
        await stream.WriteAsync(framed, cancellationToken);
        await stream.ReadExactlyAsync(framed.AsMemory(0, 2), cancellationToken);
        var response = new byte[BinaryPrimitives.ReadUInt16BigEndian(framed)];
        await stream.ReadExactlyAsync(response, cancellationToken);
        return Answers(response, query.Span) ? response : throw new IOException($"Name server {server} answered another question over TCP.");
    }

    private static bool Answers(ReadOnlySpan<byte> response, ReadOnlySpan<byte> query)
    {
        if (response.Length < DnsHeader.Length || !DnsHeader.IsResponse(response) || DnsHeader.Id(response) != DnsHeader.Id(query)
            || DnsHeader.QuestionCount(response) != 1)
        {
            return false;
        }

        Span<byte> asked = stackalloc byte[DnsName.LengthMax];
        Span<byte> answered = stackalloc byte[DnsName.LengthMax];
        var askedEnd = DnsHeader.Length;
        var answeredEnd = DnsHeader.Length;
        var askedLength = DnsName.Read(query, ref askedEnd, asked);
        var answeredLength = DnsName.Read(response, ref answeredEnd, answered);
        return askedLength > 0 && answeredLength == askedLength && askedEnd + 4 <= query.Length && answeredEnd + 4 <= response.Length
            && asked[..askedLength].SequenceEqual(answered[..answeredLength])
            && query.Slice(askedEnd, 4).SequenceEqual(response.Slice(answeredEnd, 4));
    }
}
