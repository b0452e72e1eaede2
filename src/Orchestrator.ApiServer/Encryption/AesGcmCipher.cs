using System.Security.Cryptography;

namespace Orchestrator.ApiServer.Encryption;

/// <summary>AES-GCM with a random nonce in front: fast, and the place is authenticated. A key is good for some 2^32 writes.</summary>
internal sealed class AesGcmCipher(string keyName, byte[] key) : IValueCipher
{
    private const int NonceSize = 12;
    private const int TagSize = 16;

    public string Prefix { get; } = $"k8s:enc:aesgcm:v1:{keyName}:";

    public byte[] Seal(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> context) => Seal(key, plain, context);

    public byte[] Open(ReadOnlySpan<byte> sealedValue, ReadOnlySpan<byte> context) => Open(key, sealedValue, context);

    public static byte[] Seal(byte[] key, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> context)
    {
        var result = new byte[NonceSize + plain.Length + TagSize];
        var nonce = result.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(nonce, plain, result.AsSpan(NonceSize, plain.Length), result.AsSpan(NonceSize + plain.Length), context);
        return result;
    }

    public static byte[] Open(byte[] key, ReadOnlySpan<byte> sealedValue, ReadOnlySpan<byte> context)
    {
        if (sealedValue.Length < NonceSize + TagSize)
        {
            throw new CryptographicException("the value is shorter than its nonce and tag");
        }

        var plain = new byte[sealedValue.Length - NonceSize - TagSize];
        using var aes = new AesGcm(key, TagSize);
        aes.Decrypt(sealedValue[..NonceSize], sealedValue[NonceSize..^TagSize], sealedValue[^TagSize..], plain, context);
        return plain;
    }
}
