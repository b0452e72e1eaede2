using System.Buffers.Binary;
using Orchestrator.Network.Dns.Wire;

namespace Orchestrator.Network.Dns.Forwarding;

/// <summary>What makes two questions the same: name, type, class, and whether signatures are wanted or checks are not.</summary>
internal static class QuestionKey
{
    public const int LengthMax = DnsName.LengthMax + 1 + 5;

    public static KeyComparer Comparer { get; } = new();

    /// <summary>Writes the key of a query.</summary>
    /// <returns>Its part of <paramref name="buffer"/>, which has <see cref="LengthMax"/> bytes.</returns>
    public static ReadOnlySpan<byte> Write(DnsQuery query, Span<byte> buffer)
    {
        query.Name.CopyTo(buffer);
        var rest = buffer[query.Name.Length..];
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)query.Type);
        BinaryPrimitives.WriteUInt16BigEndian(rest[2..], query.Class);
        rest[4] = (byte)((query.DnssecOk ? 1 : 0) | (query.Flags & 0x10));
        return buffer[..(query.Name.Length + 5)];
    }

    /// <summary>Compares keys by their bytes, as arrays or as spans.</summary>
    public sealed class KeyComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            // Clients choose these names, so the hash has to be the seeded one.
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
