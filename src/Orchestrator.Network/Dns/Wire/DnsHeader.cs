using System.Buffers.Binary;

namespace Orchestrator.Network.Dns.Wire;

/// <summary>The twelve bytes every DNS message begins with (RFC 1035 section 4.1.1).</summary>
internal static class DnsHeader
{
    public const int Length = 12;

    /// <summary>Owner names that repeat the question are a pointer to right behind the header.</summary>
    public const ushort QuestionNamePointer = 0xC000 | Length;

    private const ushort ResponseBit = 0x8000;
    private const ushort OpcodeMask = 0x7800;
    private const ushort AuthoritativeBit = 0x0400;
    private const ushort TruncatedBit = 0x0200;
    private const ushort RecursionDesiredBit = 0x0100;
    private const ushort RecursionAvailableBit = 0x0080;
    private const ushort CheckingDisabledBit = 0x0010;

    public static ushort Id(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message);

    public static ushort Flags(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[2..]);

    public static ushort QuestionCount(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[4..]);

    public static ushort AnswerCount(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[6..]);

    public static ushort AuthorityCount(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[8..]);

    public static ushort AdditionalCount(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[10..]);

    public static bool IsResponse(ReadOnlySpan<byte> message) => (Flags(message) & ResponseBit) != 0;

    public static int Opcode(ReadOnlySpan<byte> message) => (Flags(message) & OpcodeMask) >> 11;

    public static bool IsTruncated(ReadOnlySpan<byte> message) => (Flags(message) & TruncatedBit) != 0;

    public static ResponseCode Code(ReadOnlySpan<byte> message) => (ResponseCode)(Flags(message) & 0xF);

    public static void SetId(Span<byte> message, ushort id) => BinaryPrimitives.WriteUInt16BigEndian(message, id);

    public static void SetAdditionalCount(Span<byte> message, int count) =>
        BinaryPrimitives.WriteUInt16BigEndian(message[10..], (ushort)count);

    public static void SetTruncated(Span<byte> message) =>
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], (ushort)(Flags(message) | TruncatedBit));

    /// <summary>Writes a query's header: one question, recursion desired.</summary>
    public static void WriteQuery(Span<byte> message, ushort id, bool checkingDisabled, int additionals)
    {
        BinaryPrimitives.WriteUInt16BigEndian(message, id);
        BinaryPrimitives.WriteUInt16BigEndian(
            message[2..], (ushort)(RecursionDesiredBit | (checkingDisabled ? CheckingDisabledBit : 0)));
        WriteCounts(message, questions: 1, answers: 0, authorities: 0, additionals);
    }

    /// <summary>Writes a response's header over the id, opcode and wishes of <paramref name="queryFlags"/>. Recursion is always available.</summary>
    public static void WriteResponse(Span<byte> message, ushort id, ushort queryFlags, ResponseCode code, bool authoritative)
    {
        BinaryPrimitives.WriteUInt16BigEndian(message, id);
        var flags = ResponseBit | (queryFlags & (OpcodeMask | RecursionDesiredBit | CheckingDisabledBit)) | RecursionAvailableBit
            | (authoritative ? AuthoritativeBit : 0) | ((int)code & 0xF);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], (ushort)flags);
    }

    public static void WriteCounts(Span<byte> message, int questions, int answers, int authorities, int additionals)
    {
        BinaryPrimitives.WriteUInt16BigEndian(message[4..], (ushort)questions);
        BinaryPrimitives.WriteUInt16BigEndian(message[6..], (ushort)answers);
        BinaryPrimitives.WriteUInt16BigEndian(message[8..], (ushort)authorities);
        BinaryPrimitives.WriteUInt16BigEndian(message[10..], (ushort)additionals);
    }
}
