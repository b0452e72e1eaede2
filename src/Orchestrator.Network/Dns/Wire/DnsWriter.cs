using System.Buffers.Binary;

namespace Orchestrator.Network.Dns.Wire;

/// <summary>Writes records into a message, pointing back to names that were written before (RFC 1035 section 4.1.4).</summary>
/// <remarks>
/// For everything but the hot path, which only copies what this wrote once. Throws <see cref="InvalidOperationException"/>
/// when a message would grow beyond <see cref="LengthMax"/>; callers that may get there ask <see cref="Length"/> first.
/// </remarks>
internal sealed class DnsWriter
{
    public const int LengthMax = ushort.MaxValue;

    /// <summary>A pointer has 14 bits.</summary>
    private const int PointerMax = 0x3FFF;

    private readonly Dictionary<NameTail, ushort> _names = [];
    private byte[] _buffer = new byte[512];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    /// <summary>Starts behind a header of zeroes and the question, whose name later records can point to.</summary>
    /// <param name="name">The question's name, in wire form.</param>
    /// <param name="type">The question's type.</param>
    /// <param name="class">The question's class.</param>
    public void BeginWithQuestion(ReadOnlySpan<byte> name, RecordType type, ushort @class)
    {
        _names.Clear();
        Length = 0;
        Reserve(DnsHeader.Length).Clear();
        WriteName(name, compress: true);
        WriteUInt16((ushort)type);
        WriteUInt16(@class);
    }

    public Span<byte> Header => _buffer.AsSpan(0, DnsHeader.Length);

    /// <summary>Writes the fixed part of a record. The caller writes its data and then calls <see cref="EndRecord"/>.</summary>
    /// <returns>A mark for <see cref="EndRecord"/>.</returns>
    public int BeginRecord(ReadOnlySpan<byte> owner, RecordType type, uint ttlSeconds)
    {
        WriteName(owner, compress: true);
        WriteUInt16((ushort)type);
        WriteUInt16(1);
        BinaryPrimitives.WriteUInt32BigEndian(Reserve(4), ttlSeconds);
        WriteUInt16(0);
        return Length;
    }

    public void EndRecord(int mark) =>
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(mark - 2), checked((ushort)(Length - mark)));

    public void WriteBytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Reserve(2), value);

    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Reserve(4), value);

    /// <summary>Writes a name; what it shares with the end of an earlier one becomes a pointer if <paramref name="compress"/>.</summary>
    /// <remarks>Even an uncompressed name (the target of an SRV, RFC 2782) can be pointed to by later ones.</remarks>
    public void WriteName(ReadOnlySpan<byte> name, bool compress)
    {
        var whole = name.ToArray();
        for (var at = 0; whole[at] != 0; at += whole[at] + 1)
        {
            var tail = new NameTail(whole, at);
            if (compress && _names.TryGetValue(tail, out var target))
            {
                WriteUInt16((ushort)(0xC000 | target));
                return;
            }

            if (Length <= PointerMax)
            {
                _names.TryAdd(tail, (ushort)Length);
            }

            WriteBytes(whole.AsSpan(at, whole[at] + 1));
        }

        Reserve(1)[0] = 0;
    }

    private Span<byte> Reserve(int count)
    {
        var end = Length + count;
        if (end > LengthMax)
        {
            throw new InvalidOperationException($"A DNS message can't have {end} bytes; the limit is {LengthMax}.");
        }

        if (end > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Min(LengthMax, Math.Max(end, _buffer.Length * 2)));
        }

        var span = _buffer.AsSpan(Length, count);
        Length = end;
        return span;
    }

    /// <summary>The labels of a name from some label on, as a dictionary key.</summary>
    private readonly struct NameTail(byte[] name, int start) : IEquatable<NameTail>
    {
        private ReadOnlySpan<byte> Bytes => name.AsSpan(start);

        public bool Equals(NameTail other) => Bytes.SequenceEqual(other.Bytes);

        public override bool Equals(object? obj) => obj is NameTail other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.AddBytes(Bytes);
            return hash.ToHashCode();
        }
    }
}
