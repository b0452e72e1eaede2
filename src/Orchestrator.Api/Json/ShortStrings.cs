using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Orchestrator.Api.Json;

/// <summary>
/// Short texts that were read lately. Objects of a cluster say the same words over and over (<c>Always</c>, <c>TCP</c>, a label, an image's name):
/// found here they take neither time to make nor memory to keep.
/// </summary>
internal static class ShortStrings
{
    public const int LengthMax = 40;

    /// <summary>A power of two.</summary>
    private const int Slots = 4096;

    private static readonly string?[] Known = new string?[Slots];

    /// <summary>The text of at most <see cref="LengthMax"/> bytes; false if not all of them are ASCII.</summary>
    public static bool TryOf(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out string? text)
    {
        ref var slot = ref Known[Hash(utf8) & (Slots - 1)];
        var known = Volatile.Read(ref slot);
        if (known is not null && known.Length == utf8.Length && Ascii.Equals(utf8, known))
        {
            text = known;
            return true;
        }

        if (!Ascii.IsValid(utf8))
        {
            text = null;
            return false;
        }

        text = Encoding.ASCII.GetString(utf8);
        Volatile.Write(ref slot, text);
        return true;
    }

    private static uint Hash(ReadOnlySpan<byte> utf8)
    {
        var hash = (ulong)utf8.Length;
        while (utf8.Length >= 8)
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(utf8)) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 29;
            utf8 = utf8[8..];
        }

        foreach (var b in utf8)
        {
            hash = (hash ^ b) * 0x100000001B3;
        }

        return (uint)((hash * 0x9E3779B97F4A7C15) >> 40);
    }
}
