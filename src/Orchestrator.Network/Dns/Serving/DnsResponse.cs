using System.Buffers.Binary;
using Orchestrator.Network.Dns.Wire;

namespace Orchestrator.Network.Dns.Serving;

/// <summary>A response being put together in a caller's buffer from parts that are encoded already.</summary>
/// <remarks>Sections come in the message's order: answers, authority, additionals, then <see cref="Finish"/>.</remarks>
internal ref struct DnsResponse
{
    /// <summary>The largest UDP response sent, whatever the client says it can take: beyond it, a lost fragment costs more than TCP.</summary>
    public const int UdpSizeMax = 4096;

    /// <summary>What we tell others we can receive over UDP: what crosses every path unfragmented (DNS flag day 2020).</summary>
    public const int UdpSizeAdvertised = 1232;

    private const int OptLength = 11;

    private readonly DnsQuery _query;
    private readonly Span<byte> _buffer;
    private readonly int _limit;
    private int _answers;
    private int _authorities;
    private int _additionals;
    private bool _truncated;

    public DnsResponse(DnsQuery query, Span<byte> buffer, bool stream)
    {
        _query = query;
        _buffer = buffer;
        var limit = stream ? buffer.Length : Math.Min(buffer.Length, Math.Min(query.UdpSize, UdpSizeMax));
        _limit = query.HasEdns ? limit - OptLength : limit;
        query.Question.CopyTo(buffer[DnsHeader.Length..]);
        Length = DnsHeader.Length + query.Question.Length;
    }

    public int Length { get; private set; }

    public bool IsTruncated => _truncated;

    /// <summary>Adds encoded answers, as many as fit.</summary>
    /// <param name="records">The records, back to back.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="stride">The size of each in bytes if it is the same for all, else 0: then it is all or none.</param>
    /// <param name="rotation">Which one goes first; only for records that no other record points into.</param>
    public void AddAnswers(scoped ReadOnlySpan<byte> records, int count, int stride, int rotation)
    {
        var room = _limit - Length;
        if (records.Length > room)
        {
            _truncated = true;
            if (stride == 0)
            {
                return;
            }

            count = room / stride;
            if (count <= 0)
            {
                return;
            }
        }

        if (rotation == 0)
        {
            var length = stride == 0 ? records.Length : count * stride;
            Append(records[..Math.Min(length, records.Length)]);
        }
        else
        {
            var total = records.Length / stride;
            var first = rotation % total;
            var head = Math.Min(count, total - first);
            Append(records.Slice(first * stride, head * stride));
            Append(records[..((count - head) * stride)]);
        }

        _answers += count;
    }

    /// <summary>Adds records that are welcome but not needed: all of them or, where they don't fit, none.</summary>
    public void AddAdditionals(scoped ReadOnlySpan<byte> records, int count)
    {
        if (!_truncated && records.Length <= _limit - Length)
        {
            Append(records);
            _additionals += count;
        }
    }

    /// <summary>Takes over the sections of another message behind the same question: all of them or, where they don't fit, none.</summary>
    public void AddSections(scoped ReadOnlySpan<byte> records, int answers, int authorities, int additionals)
    {
        if (records.Length > _limit - Length)
        {
            _truncated = true;
            return;
        }

        Append(records);
        _answers += answers;
        _authorities += authorities;
        _additionals += additionals;
    }

    /// <summary>Adds the SOA record that says for how long a "no" holds (RFC 2308).</summary>
    /// <param name="zoneLength">How many bytes at the end of the question's name are the zone's.</param>
    /// <param name="serial">The zone's serial number.</param>
    /// <param name="ttlSeconds">For how long the "no" holds.</param>
    public void AddAuthority(int zoneLength, uint serial, uint ttlSeconds)
    {
        if (WriteStartOfAuthority(zoneLength, serial, ttlSeconds))
        {
            _authorities++;
        }
    }

    /// <summary>Adds the SOA record as the answer itself.</summary>
    public void AddStartOfAuthorityAnswer(int zoneLength, uint serial, uint ttlSeconds)
    {
        if (WriteStartOfAuthority(zoneLength, serial, ttlSeconds))
        {
            _answers++;
        }
    }

    /// <summary>Adds EDNS if the client spoke it, and the header.</summary>
    /// <returns>The message's length.</returns>
    public int Finish(ResponseCode code, bool authoritative)
    {
        if (_query.HasEdns)
        {
            var opt = _buffer.Slice(Length, OptLength);
            opt.Clear();
            BinaryPrimitives.WriteUInt16BigEndian(opt[1..], (ushort)RecordType.Opt);
            BinaryPrimitives.WriteUInt16BigEndian(opt[3..], UdpSizeAdvertised);
            opt[5] = (byte)((int)code >> 4);
            opt[7] = _query.DnssecOk ? (byte)0x80 : (byte)0;
            Length += OptLength;
            _additionals++;
        }

        DnsHeader.WriteResponse(_buffer, _query.Id, _query.Flags, code, authoritative);
        DnsHeader.WriteCounts(_buffer, 1, _answers, _authorities, _additionals);
        if (_truncated)
        {
            DnsHeader.SetTruncated(_buffer);
        }

        return Length;
    }

    private void Append(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer[Length..]);
        Length += bytes.Length;
    }

    private bool WriteStartOfAuthority(int zoneLength, uint serial, uint ttlSeconds)
    {
        var zone = (ushort)(0xC000 | (DnsHeader.Length + _query.Name.Length - zoneLength));
        var server = "\u0002ns\u0003dns"u8;
        var mailbox = "\u000Ahostmaster"u8;
        var dataLength = server.Length + 2 + mailbox.Length + 2 + 20;
        if (12 + dataLength > _limit - Length)
        {
            return false;
        }

        var at = _buffer[Length..];
        BinaryPrimitives.WriteUInt16BigEndian(at, zone);
        BinaryPrimitives.WriteUInt16BigEndian(at[2..], (ushort)RecordType.Soa);
        BinaryPrimitives.WriteUInt16BigEndian(at[4..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(at[6..], ttlSeconds);
        BinaryPrimitives.WriteUInt16BigEndian(at[10..], (ushort)dataLength);
        at = at[12..];
        server.CopyTo(at);
        BinaryPrimitives.WriteUInt16BigEndian(at[server.Length..], zone);
        at = at[(server.Length + 2)..];
        mailbox.CopyTo(at);
        BinaryPrimitives.WriteUInt16BigEndian(at[mailbox.Length..], zone);
        at = at[(mailbox.Length + 2)..];
        BinaryPrimitives.WriteUInt32BigEndian(at, serial);
        BinaryPrimitives.WriteUInt32BigEndian(at[4..], 7200); // Refresh, retry and expiry matter to secondaries only,
        BinaryPrimitives.WriteUInt32BigEndian(at[8..], 1800); // of which there are none; these are what cluster DNS
        BinaryPrimitives.WriteUInt32BigEndian(at[12..], 86400); // servers have always said.
        BinaryPrimitives.WriteUInt32BigEndian(at[16..], ttlSeconds);
        Length += 12 + dataLength;
        return true;
    }
}
