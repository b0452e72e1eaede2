using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Orchestrator.ApiServer.Encryption;

/// <summary>
/// XSalsa20-Poly1305 as NaCl's <c>crypto_secretbox</c> puts it together (D. J. Bernstein, "Cryptography in NaCl"): the first 32 bytes of the key stream
/// are the authenticator's key, the rest covers the message; the tag stands in front.
/// </summary>
internal static class SecretBox
{
    public const int NonceSize = 24;
    public const int TagSize = 16;
    private const int BlockSize = 64;

    // "expand 32-byte k", the constant of Salsa20.
    private static readonly uint[] Sigma = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

    /// <param name="key">32 bytes.</param>
    /// <param name="nonce">24 bytes, never used twice with one key.</param>
    /// <param name="plain">The message.</param>
    /// <param name="sealedValue">Takes tag and cipher text: 16 bytes more than the message.</param>
    public static void Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, Span<byte> sealedValue)
    {
        Span<byte> authenticatorKey = stackalloc byte[32];
        Cover(key, nonce, plain, sealedValue[TagSize..], authenticatorKey);
        Poly1305.Compute(authenticatorKey, sealedValue[TagSize..], sealedValue[..TagSize]);
    }

    /// <exception cref="CryptographicException">The tag is not this message's.</exception>
    public static void Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> sealedValue, Span<byte> plain)
    {
        Span<byte> authenticatorKey = stackalloc byte[32];
        Span<byte> tag = stackalloc byte[TagSize];
        Cover(key, nonce, [], [], authenticatorKey);
        Poly1305.Compute(authenticatorKey, sealedValue[TagSize..], tag);
        if (!CryptographicOperations.FixedTimeEquals(tag, sealedValue[..TagSize]))
        {
            throw new CryptographicException("the value was sealed with another key, or is damaged");
        }

        Cover(key, nonce, sealedValue[TagSize..], plain, authenticatorKey);
    }

    /// <summary>Covers or uncovers a message with the key stream behind its first 32 bytes, which go to <paramref name="first"/>.</summary>
    private static void Cover(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> input, Span<byte> output, Span<byte> first)
    {
        // The long nonce: its first 16 bytes make a key of their own.
        Span<byte> subkey = stackalloc byte[32];
        HSalsa20(key, nonce[..16], subkey);
        Span<byte> block = stackalloc byte[BlockSize];
        Salsa20(subkey, nonce[16..], 0, block);
        block[..32].CopyTo(first);
        var offset = 32;
        ulong counter = 0;
        for (var i = 0; i < input.Length; i++)
        {
            if (offset == BlockSize)
            {
                Salsa20(subkey, nonce[16..], ++counter, block);
                offset = 0;
            }

            output[i] = (byte)(input[i] ^ block[offset++]);
        }
    }

    private static void Salsa20(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ulong counter, Span<byte> block)
    {
        Span<byte> input = stackalloc byte[16];
        nonce.CopyTo(input);
        BinaryPrimitives.WriteUInt64LittleEndian(input[8..], counter);
        Span<uint> state = stackalloc uint[16];
        Span<uint> mixed = stackalloc uint[16];
        Load(key, input, state);
        state.CopyTo(mixed);
        Mix(mixed);
        for (var i = 0; i < 16; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(block[(4 * i)..], mixed[i] + state[i]);
        }
    }

    private static void HSalsa20(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, Span<byte> subkey)
    {
        Span<uint> state = stackalloc uint[16];
        Load(key, nonce, state);
        Mix(state);
        ReadOnlySpan<int> taken = [0, 5, 10, 15, 6, 7, 8, 9];
        for (var i = 0; i < taken.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(subkey[(4 * i)..], state[taken[i]]);
        }
    }

    private static void Load(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input, Span<uint> state)
    {
        for (var i = 0; i < 4; i++)
        {
            state[5 * i] = Sigma[i];
            state[1 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
            state[6 + i] = BinaryPrimitives.ReadUInt32LittleEndian(input[(4 * i)..]);
            state[11 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(16 + (4 * i))..]);
        }
    }

    /// <summary>Twenty rounds: columns, then rows.</summary>
    private static void Mix(Span<uint> x)
    {
        for (var round = 0; round < 20; round += 2)
        {
            Quarter(x, 0, 4, 8, 12);
            Quarter(x, 5, 9, 13, 1);
            Quarter(x, 10, 14, 2, 6);
            Quarter(x, 15, 3, 7, 11);
            Quarter(x, 0, 1, 2, 3);
            Quarter(x, 5, 6, 7, 4);
            Quarter(x, 10, 11, 8, 9);
            Quarter(x, 15, 12, 13, 14);
        }
    }

    private static void Quarter(Span<uint> x, int a, int b, int c, int d)
    {
        x[b] ^= BitOperations.RotateLeft(x[a] + x[d], 7);
        x[c] ^= BitOperations.RotateLeft(x[b] + x[a], 9);
        x[d] ^= BitOperations.RotateLeft(x[c] + x[b], 13);
        x[a] ^= BitOperations.RotateLeft(x[d] + x[c], 18);
    }
}
