namespace Orchestrator.Network.Dns.Wire;

/// <summary>Where a record's parts are in the message it was read from.</summary>
internal readonly record struct DnsRecord(int Start, int OwnerEnd, RecordType Type, ushort Class, uint TtlSeconds, int DataStart, int DataLength)
{
    public int End => DataStart + DataLength;

    /// <summary>Where the record's time to live is written.</summary>
    public int TtlOffset => OwnerEnd + 4;

    /// <summary>Reads the record at <paramref name="offset"/> and moves behind it.</summary>
    /// <returns><see langword="false"/> if the message ends too early.</returns>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int offset, out DnsRecord record)
    {
        record = default;
        var ownerEnd = DnsName.Skip(message, offset);
        if (ownerEnd < 0 || ownerEnd + 10 > message.Length)
        {
            return false;
        }

        var fixedPart = message[ownerEnd..];
        var dataLength = System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(fixedPart[8..]);
        var dataStart = ownerEnd + 10;
        if (dataStart + dataLength > message.Length)
        {
            return false;
        }

        record = new DnsRecord(
            offset,
            ownerEnd,
            (RecordType)System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(fixedPart),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(fixedPart[2..]),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(fixedPart[4..]),
            dataStart,
            dataLength);
        offset = record.End;
        return true;
    }
}
