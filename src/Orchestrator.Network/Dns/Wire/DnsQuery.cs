using System.Buffers.Binary;

namespace Orchestrator.Network.Dns.Wire;

/// <summary>A query, taken apart in place: nothing is allocated, and it is only valid as long as its two buffers.</summary>
internal readonly ref struct DnsQuery
{
    /// <summary>What a client without EDNS can take over UDP (RFC 1035 section 4.2.1).</summary>
    public const int PlainUdpSize = 512;

    private const int LabelsMax = 128;

    private readonly ReadOnlySpan<byte> _labelOffsets;

    private DnsQuery(ReadOnlySpan<byte> message, ReadOnlySpan<byte> name, ReadOnlySpan<byte> labelOffsets, RecordType type, ushort @class)
    {
        Message = message;
        Name = name;
        _labelOffsets = labelOffsets;
        Type = type;
        Class = @class;
    }

    /// <summary>Bytes of scratch memory that <see cref="TryParse"/> needs.</summary>
    public const int ScratchSize = DnsName.LengthMax + 1 + LabelsMax;

    public ReadOnlySpan<byte> Message { get; }

    /// <summary>The question's name, lower-cased; the client's own spelling is still in <see cref="Question"/>.</summary>
    public ReadOnlySpan<byte> Name { get; }
    public RecordType Type { get; }
    public ushort Class { get; }
    public int LabelCount => _labelOffsets.Length;
    public bool HasEdns { get; private init; }
    public byte EdnsVersion { get; private init; }
    public bool DnssecOk { get; private init; }

    /// <summary>The largest UDP response the client takes, in bytes, never under 512.</summary>
    public int UdpSize { get; private init; }

    public ushort Id => DnsHeader.Id(Message);

    public ushort Flags => DnsHeader.Flags(Message);

    /// <summary>The question section as the client wrote it; a response repeats it byte by byte.</summary>
    public ReadOnlySpan<byte> Question => Message.Slice(DnsHeader.Length, Name.Length + 4);

    /// <summary>The name without its first <paramref name="labels"/> labels.</summary>
    public ReadOnlySpan<byte> Suffix(int labels) => labels == LabelCount ? Name[^1..] : Name[_labelOffsets[labels]..];

    /// <summary>The label at an index, counted from the left, without its length byte.</summary>
    public ReadOnlySpan<byte> Label(int index)
    {
        var at = _labelOffsets[index];
        return Name.Slice(at + 1, Name[at]);
    }

    /// <summary>Takes a query apart.</summary>
    /// <param name="message">The datagram or stream message.</param>
    /// <param name="scratch">At least <see cref="ScratchSize"/> bytes, owned by the result from now on.</param>
    /// <param name="query">The parts, if all is well.</param>
    /// <returns>What to answer: <see cref="ResponseCode.NoError"/>, or why the message is no query that can be answered.</returns>
    /// <remarks>The caller has made sure that the message has a whole header and is no response.</remarks>
    public static ResponseCode TryParse(ReadOnlySpan<byte> message, Span<byte> scratch, out DnsQuery query)
    {
        query = default;
        if (DnsHeader.Opcode(message) != 0)
        {
            return ResponseCode.NotImplemented;
        }

        if (DnsHeader.QuestionCount(message) != 1)
        {
            return ResponseCode.FormatError;
        }

        // 1. The name: labels only, since there is nothing before it to point to.
        var name = scratch[..(DnsName.LengthMax + 1)];
        var labelOffsets = scratch.Slice(name.Length, LabelsMax);
        var labels = 0;
        var at = DnsHeader.Length;
        var length = 0;
        while (true)
        {
            if (at >= message.Length)
            {
                return ResponseCode.FormatError;
            }

            var label = message[at];
            if (label > DnsName.LabelLengthMax || length + label + 1 > DnsName.LengthMax || at + label >= message.Length)
            {
                return ResponseCode.FormatError;
            }

            if (label == 0)
            {
                name[length++] = 0;
                at++;
                break;
            }

            labelOffsets[labels++] = (byte)length;
            name[length++] = label;
            foreach (var value in message.Slice(at + 1, label))
            {
                name[length++] = DnsName.ToLower(value);
            }

            at += label + 1;
        }

        // 2. Type and class.
        if (at + 4 > message.Length)
        {
            return ResponseCode.FormatError;
        }

        var type = (RecordType)BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
        var @class = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]);
        at += 4;

        // 3. EDNS, in the additional section (RFC 6891). Queries carry no other records worth reading.
        var parsed = new DnsQuery(message, name[..length], labelOffsets[..labels], type, @class) { UdpSize = PlainUdpSize };
        var records = DnsHeader.AnswerCount(message) + DnsHeader.AuthorityCount(message) + DnsHeader.AdditionalCount(message);
        for (var i = 0; i < records; i++)
        {
            at = DnsName.Skip(message, at);
            if (at < 0 || at + 10 > message.Length)
            {
                return ResponseCode.FormatError;
            }

            var recordType = (RecordType)BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
            var dataLength = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 8)..]);
            if (at + 10 + dataLength > message.Length)
            {
                return ResponseCode.FormatError;
            }

            if (recordType == RecordType.Opt)
            {
                if (parsed.HasEdns)
                {
                    return ResponseCode.FormatError;
                }

                parsed = new DnsQuery(message, parsed.Name, parsed._labelOffsets, type, @class)
                {
                    HasEdns = true,
                    UdpSize = Math.Max(PlainUdpSize, (int)BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..])),
                    EdnsVersion = message[at + 5],
                    DnssecOk = (message[at + 6] & 0x80) != 0,
                };
            }

            at += 10 + dataLength;
        }

        query = parsed;
        return ResponseCode.NoError;
    }
}
