using System.Security.Cryptography;

namespace Orchestrator.ApiServer.Encryption;

/// <summary>AES-CBC with PKCS #7 padding and a random block in front. It does not authenticate; kept for clusters that have it.</summary>
internal sealed class AesCbcCipher(string keyName, byte[] key) : IValueCipher
{
    private const int BlockSize = 16;

    public string Prefix { get; } = $"k8s:enc:aescbc:v1:{keyName}:";

    public byte[] Seal(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> context)
    {
        Span<byte> iv = stackalloc byte[BlockSize];
        RandomNumberGenerator.Fill(iv);
        using var aes = Aes.Create();
        aes.Key = key;
        return [.. iv, .. aes.EncryptCbc(plain, iv)];
    }

    public byte[] Open(ReadOnlySpan<byte> sealedValue, ReadOnlySpan<byte> context)
    {
        if (sealedValue.Length < 2 * BlockSize || sealedValue.Length % BlockSize != 0)
        {
            throw new CryptographicException("the value is no whole number of blocks");
        }

        using var aes = Aes.Create();
        aes.Key = key;
        return aes.DecryptCbc(sealedValue[BlockSize..], sealedValue[..BlockSize]);
    }
}
