using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Orchestrator.Storage.Sqlite;

/// <summary>CRC-32C over a row, written with it and checked when it is read: SQLite does not notice a flipped bit in a value.</summary>
internal static class RowChecksum
{
    public static uint Compute(long row, int kind, string name, ReadOnlySpan<byte> stored)
    {
        var crc = BitOperations.Crc32C(uint.MaxValue, (ulong)row);
        crc = BitOperations.Crc32C(crc, (uint)kind);
        crc = Append(crc, MemoryMarshal.AsBytes(name.AsSpan()));
        return ~Append(crc, stored);
    }

    private static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return crc;
    }
}
