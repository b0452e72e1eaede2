namespace Orchestrator.ApiServer.Encryption;

/// <summary>Encrypts stored values in one way with one key. May be used by several threads at once.</summary>
internal interface IValueCipher
{
    /// <summary>What values of this cipher begin with, such as <c>k8s:enc:aesgcm:v1:key1:</c>; "" for plain ones.</summary>
    string Prefix { get; }

    /// <summary>Encrypts.</summary>
    /// <param name="plain">The value.</param>
    /// <param name="context">Where it is stored: a value moved elsewhere must not open, where the cipher can tell.</param>
    byte[] Seal(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> context);

    /// <summary>Decrypts what follows the prefix.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">Another key's, or damaged.</exception>
    byte[] Open(ReadOnlySpan<byte> sealedValue, ReadOnlySpan<byte> context);
}
