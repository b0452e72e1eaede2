using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Text;
using Orchestrator.Network.Dns.Wire;
using Orchestrator.Network.Dns.Zone;

namespace Orchestrator.Network.Dns.Serving;

/// <summary>Answers whatever the cluster's own zone can answer, from the present snapshot: no lock, no wait, no allocation.</summary>
/// <remarks>Any number of threads may call it at once.</remarks>
internal sealed class DnsResponder
{
    private readonly ClusterZone _zone;
    private readonly int _zoneLabels;
    private readonly uint _negativeTtlSeconds;
    private readonly uint _podTtlSeconds;
    private readonly IPNetwork[] _ownNetworks;
    private volatile bool _ready;

    /// <param name="zone">The zone.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="ownNetworks">Service and pod networks: nobody above knows their reverse names, so we say no ourselves.</param>
    public DnsResponder(ClusterZone zone, ClusterZoneOptions options, IReadOnlyCollection<IPNetwork> ownNetworks)
    {
        _zone = zone;
        _negativeTtlSeconds = (uint)options.EndpointTtl.TotalSeconds;
        _podTtlSeconds = (uint)options.EndpointTtl.TotalSeconds;
        _ownNetworks = [.. ownNetworks];
        for (var at = 0; zone.Name[at] != 0; at += zone.Name[at] + 1)
        {
            _zoneLabels++;
        }
    }

    private static ReadOnlySpan<byte> ReverseZone => "\u0007in-addr\u0004arpa\0"u8;

    /// <summary>
    /// Says that the zone is loaded. Before that the cluster's names get "server failure", which clients ask again,
    /// and not "no such name", which they would believe and remember.
    /// </summary>
    public void MarkReady() => _ready = true;

    /// <summary>Answers a message or says who can.</summary>
    /// <param name="message">What came in.</param>
    /// <param name="response">Where the answer goes; at least 4,096 bytes, 65,535 for streams.</param>
    /// <param name="stream">Whether the client waits on TCP, where nothing is truncated.</param>
    /// <param name="turn">Grows from call to call; several addresses take turns in being first.</param>
    /// <param name="length">The answer's length if there is one.</param>
    public DnsVerdict Respond(ReadOnlySpan<byte> message, Span<byte> response, bool stream, uint turn, out int length)
    {
        length = 0;
        if (message.Length < DnsHeader.Length || DnsHeader.IsResponse(message))
        {
            return DnsVerdict.Drop;
        }

        Span<byte> scratch = stackalloc byte[DnsQuery.ScratchSize];
        var code = DnsQuery.TryParse(message, scratch, out var query);
        if (code != ResponseCode.NoError)
        {
            // The question can't be trusted, so only the header goes back.
            DnsHeader.WriteResponse(response, DnsHeader.Id(message), DnsHeader.Flags(message), code, authoritative: false);
            DnsHeader.WriteCounts(response, 0, 0, 0, 0);
            length = DnsHeader.Length;
            return DnsVerdict.Answered;
        }

        var reply = new DnsResponse(query, response, stream);
        if (query.HasEdns && query.EdnsVersion != 0)
        {
            length = reply.Finish(ResponseCode.BadVersion, authoritative: false);
            return DnsVerdict.Answered;
        }

        if (query.Class is not (1 or 255) || query.Type is RecordType.Axfr or (RecordType)251)
        {
            length = reply.Finish(ResponseCode.Refused, authoritative: false);
            return DnsVerdict.Answered;
        }

        if (query.LabelCount >= _zoneLabels && query.Suffix(query.LabelCount - _zoneLabels).SequenceEqual(_zone.Name))
        {
            return RespondFromZone(ref reply, query, turn, out length);
        }

        return RespondBackwards(ref reply, query, out length);
    }

    private DnsVerdict RespondFromZone(ref DnsResponse reply, DnsQuery query, uint turn, out int length)
    {
        if (!_ready)
        {
            length = reply.Finish(ResponseCode.ServerFailure, authoritative: false);
            return DnsVerdict.Answered;
        }

        var snapshot = _zone.Snapshot;
        if (snapshot.Find(query.Name) is { } node)
        {
            return RespondFromNode(ref reply, query, snapshot, node, turn, out length);
        }

        // 1-2-3-4.<namespace>.pod.<zone> needs no table: the name says it all, if the namespace exists.
        if (query.LabelCount == _zoneLabels + 3 && query.Label(2).SequenceEqual("pod"u8) && snapshot.Find(query.Suffix(1)) is not null)
        {
            Span<byte> address = stackalloc byte[16];
            var addressLength = ParseDashed(query.Label(0), address);
            if (addressLength > 0)
            {
                var type = addressLength == 4 ? RecordType.A : RecordType.Aaaa;
                if (query.Type == type || query.Type == RecordType.Any)
                {
                    Span<byte> record = stackalloc byte[12 + 16];
                    BinaryPrimitives.WriteUInt16BigEndian(record, DnsHeader.QuestionNamePointer);
                    BinaryPrimitives.WriteUInt16BigEndian(record[2..], (ushort)type);
                    BinaryPrimitives.WriteUInt16BigEndian(record[4..], 1);
                    BinaryPrimitives.WriteUInt32BigEndian(record[6..], _podTtlSeconds);
                    BinaryPrimitives.WriteUInt16BigEndian(record[10..], (ushort)addressLength);
                    address[..addressLength].CopyTo(record[12..]);
                    reply.AddAnswers(record[..(12 + addressLength)], 1, 12 + addressLength, rotation: 0);
                }
                else
                {
                    reply.AddAuthority(_zone.Name.Length, snapshot.Serial, _negativeTtlSeconds);
                }

                length = reply.Finish(ResponseCode.NoError, authoritative: true);
                return DnsVerdict.Answered;
            }
        }

        reply.AddAuthority(_zone.Name.Length, snapshot.Serial, _negativeTtlSeconds);
        length = reply.Finish(ResponseCode.NameError, authoritative: true);
        return DnsVerdict.Answered;
    }

    private DnsVerdict RespondFromNode(
        ref DnsResponse reply, DnsQuery query, ZoneSnapshot snapshot, ZoneNode node, uint turn, out int length)
    {
        var set = query.Type == RecordType.Any
            ? node.Sets.IsEmpty ? null : node.Sets[0] // One set is enough of an answer to ANY (RFC 8482).
            : node.Find(query.Type);
        if (set is not null)
        {
            var takesTurns = set.Type is RecordType.A or RecordType.Aaaa;
            reply.AddAnswers(set.Answers, set.AnswerCount, set.Stride, takesTurns ? (int)(turn % (uint)set.AnswerCount) : 0);
            reply.AddAdditionals(set.Additionals, set.AdditionalCount);
        }
        else if (node.AliasTarget is not null)
        {
            length = 0;
            return DnsVerdict.FollowAlias;
        }
        else if (query.Type == RecordType.Soa && query.LabelCount == _zoneLabels)
        {
            reply.AddStartOfAuthorityAnswer(_zone.Name.Length, snapshot.Serial, _negativeTtlSeconds);
        }
        else
        {
            reply.AddAuthority(_zone.Name.Length, snapshot.Serial, _negativeTtlSeconds);
        }

        length = reply.Finish(ResponseCode.NoError, authoritative: true);
        return DnsVerdict.Answered;
    }

    /// <summary>Reverse names of Services and endpoints, which lie outside the zone, and everything that is not ours.</summary>
    private DnsVerdict RespondBackwards(ref DnsResponse reply, DnsQuery query, out int length)
    {
        length = 0;
        if (query.LabelCount < 3 || !query.Label(query.LabelCount - 1).SequenceEqual("arpa"u8))
        {
            return DnsVerdict.Forward;
        }

        var snapshot = _zone.Snapshot;
        if (snapshot.Find(query.Name) is { } node)
        {
            if (node.Find(query.Type == RecordType.Any ? RecordType.Ptr : query.Type) is { } set)
            {
                reply.AddAnswers(set.Answers, set.AnswerCount, set.Stride, rotation: 0);
            }

            length = reply.Finish(ResponseCode.NoError, authoritative: true);
            return DnsVerdict.Answered;
        }

        if (query.LabelCount == 6 && query.Suffix(4).SequenceEqual(ReverseZone) && IsOwnAddress(query))
        {
            reply.AddAuthority(ReverseZone.Length, snapshot.Serial, _negativeTtlSeconds);
            length = reply.Finish(_ready ? ResponseCode.NameError : ResponseCode.ServerFailure, authoritative: _ready);
            return DnsVerdict.Answered;
        }

        return DnsVerdict.Forward;
    }

    private bool IsOwnAddress(DnsQuery query)
    {
        Span<byte> bytes = stackalloc byte[4];
        for (var i = 0; i < 4; i++)
        {
            var label = query.Label(3 - i);
            if (!Utf8Parser.TryParse(label, out byte value, out var used) || used != label.Length)
            {
                return false;
            }

            bytes[i] = value;
        }

        // Allocates, but reverse names without a record are nobody's hot path.
        var address = new IPAddress(bytes);
        return _ownNetworks.Any(network => network.Contains(address));
    }

    /// <summary>Reads <c>10-1-2-3</c> or an IPv6 address with dashes for colons.</summary>
    /// <returns>4, 16, or 0 if it is neither.</returns>
    private static int ParseDashed(ReadOnlySpan<byte> label, Span<byte> address)
    {
        var rest = label;
        for (var i = 0; i < 4; i++)
        {
            if (!Utf8Parser.TryParse(rest, out byte value, out var used) || (used > 1 && rest[0] == '0'))
            {
                return ParseDashedIPv6(label, address);
            }

            address[i] = value;
            rest = rest[used..];
            if (i == 3)
            {
                return rest.IsEmpty ? 4 : ParseDashedIPv6(label, address);
            }

            if (rest.IsEmpty || rest[0] != '-')
            {
                return ParseDashedIPv6(label, address);
            }

            rest = rest[1..];
        }

        return 0;
    }

    private static int ParseDashedIPv6(ReadOnlySpan<byte> label, Span<byte> address)
    {
        Span<char> text = stackalloc char[DnsName.LabelLengthMax];
        var length = Encoding.ASCII.GetChars(label, text);
        text[..length].Replace('-', ':');
        return text[..length].Contains(':')
            && IPAddress.TryParse(text[..length], out var parsed)
            && parsed.TryWriteBytes(address, out var written) && written == 16
            ? 16
            : 0;
    }
}
