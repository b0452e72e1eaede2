using System.Security.Cryptography;

namespace Orchestrator.ApiServer.Encryption;

/// <summary>NaCl's secretbox: XSalsa20 and Poly1305, with a random nonce of 24 bytes in front.</summary>
internal sealed class SecretBoxCipher(string keyName, byte[] key) : IValueCipher
{
    public string Prefix { get; } = $"k8s:enc:secretbox:v1:{keyName}:";

    public byte[] Seal(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> context)
    {
        var result = new byte[SecretBox.NonceSize + SecretBox.TagSize + plain.Length];
        RandomNumberGenerator.Fill(result.AsSpan(0, SecretBox.NonceSize));
        SecretBox.Seal(key, result.AsSpan(0, SecretBox.NonceSize), plain, result.AsSpan(SecretBox.NonceSize));
        return result;
    }

    public byte[] Open(ReadOnlySpan<byte> sealedValue, ReadOnlySpan<byte> context)
    {
        if (sealedValue.Length < SecretBox.NonceSize + SecretBox.TagSize)
        {
            throw new CryptographicException("the value is shorter than its nonce and tag");
        }

        var plain = new byte[sealedValue.Length - SecretBox.NonceSize - SecretBox.TagSize];
        SecretBox.Open(key, sealedValue[..SecretBox.NonceSize], sealedValue[SecretBox.NonceSize..], plain);
        return plain;
    }
}
