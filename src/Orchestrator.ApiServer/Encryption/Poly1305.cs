using System.Buffers.Binary;

namespace Orchestrator.ApiServer.Encryption;

/// <summary>The one-time authenticator of RFC 8439, section 2.5: a polynomial modulo 2^130 − 5, in five limbs of 26 bits.</summary>
internal static class Poly1305
{
    private const uint Mask = 0x3ffffff;

    /// <param name="key">32 bytes, for this message alone.</param>
    /// <param name="message">What is authenticated.</param>
    /// <param name="tag">Takes 16 bytes.</param>
    public static void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, Span<byte> tag)
    {
        ulong r0 = Word(key, 0) & 0x3ffffff, r1 = (Word(key, 3) >> 2) & 0x3ffff03, r2 = (Word(key, 6) >> 4) & 0x3ffc0ff, r3 = (Word(key, 9) >> 6) & 0x3f03fff, r4 = (Word(key, 12) >> 8) & 0x00fffff;
        ulong s1 = r1 * 5, s2 = r2 * 5, s3 = r3 * 5, s4 = r4 * 5;
        ulong h0 = 0, h1 = 0, h2 = 0, h3 = 0, h4 = 0;
        Span<byte> last = stackalloc byte[16];
        while (message.Length > 0)
        {
            // A whole block has its 129th bit set; a shorter one has the bit behind its end.
            scoped var block = message;
            ulong top = 1 << 24;
            if (message.Length < 16)
            {
                last.Clear();
                message.CopyTo(last);
                last[message.Length] = 1;
                block = last;
                top = 0;
            }

            h0 += Word(block, 0) & Mask;
            h1 += (Word(block, 3) >> 2) & Mask;
            h2 += (Word(block, 6) >> 4) & Mask;
            h3 += (Word(block, 9) >> 6) & Mask;
            h4 += (Word(block, 12) >> 8) | top;
            message = message.Length < 16 ? [] : message[16..];

            var d0 = (h0 * r0) + (h1 * s4) + (h2 * s3) + (h3 * s2) + (h4 * s1);
            var d1 = (h0 * r1) + (h1 * r0) + (h2 * s4) + (h3 * s3) + (h4 * s2);
            var d2 = (h0 * r2) + (h1 * r1) + (h2 * r0) + (h3 * s4) + (h4 * s3);
            var d3 = (h0 * r3) + (h1 * r2) + (h2 * r1) + (h3 * r0) + (h4 * s4);
            var d4 = (h0 * r4) + (h1 * r3) + (h2 * r2) + (h3 * r1) + (h4 * r0);
            d1 += d0 >> 26;
            d2 += d1 >> 26;
            d3 += d2 >> 26;
            d4 += d3 >> 26;
            (h0, h1, h2, h3, h4) = ((d0 & Mask) + (5 * (d4 >> 26)), d1 & Mask, d2 & Mask, d3 & Mask, d4 & Mask);
            h1 += h0 >> 26;
            h0 &= Mask;
        }

        // Carry through, then subtract the modulus if it fits.
        for (var pass = 0; pass < 2; pass++)
        {
            h1 += h0 >> 26;
            h2 += h1 >> 26;
            h3 += h2 >> 26;
            h4 += h3 >> 26;
            (h0, h1, h2, h3, h4) = ((h0 & Mask) + (5 * (h4 >> 26)), h1 & Mask, h2 & Mask, h3 & Mask, h4 & Mask);
        }

        h1 += h0 >> 26;
        h0 &= Mask;
        var number = (UInt128)h0 + ((UInt128)h1 << 26) + ((UInt128)h2 << 52) + ((UInt128)h3 << 78) + ((UInt128)h4 << 104);
        var isReduced = h4 == Mask && h3 == Mask && h2 == Mask && h1 == Mask && h0 >= Mask - 4;
        if (isReduced)
        {
            number += 5;
        }

        BinaryPrimitives.WriteUInt128LittleEndian(tag, number + BinaryPrimitives.ReadUInt128LittleEndian(key[16..]));
    }

    private static ulong Word(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}
