using System.Security.Cryptography;
using System.Text;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Encryption;

/// <summary>Encrypts what the store writes, collection by collection. Rules are swapped whole when their file changes.</summary>
internal sealed class EncryptionTransformer(EncryptionRules rules) : IValueTransformer
{
    private volatile EncryptionRules _rules = rules;

    /// <summary>The rules in force. Values written by earlier rules stay readable only as far as the new ones have their keys.</summary>
    public EncryptionRules Rules
    {
        get => _rules;
        set => _rules = value;
    }

    public ReadOnlyMemory<byte> Seal(StoreKey key, ReadOnlyMemory<byte> payload)
    {
        var ciphers = _rules.Of(key.Collection);
        if (ciphers.Length == 0 || ciphers[0].Prefix.Length == 0)
        {
            return payload;
        }

        try
        {
            var prefix = ciphers[0].Prefix;
            var body = ciphers[0].Seal(payload.Span, Encoding.UTF8.GetBytes(key.Collection + "/" + key.Name));
            var stored = new byte[prefix.Length + body.Length];
            Encoding.ASCII.GetBytes(prefix, stored);
            body.CopyTo(stored, prefix.Length);
            return stored;
        }
        catch (CryptographicException failure)
        {
            // Writing it plainly instead is what nobody asked for.
            throw new StoreUnavailableException($"{key} cannot be encrypted: {failure.Message}", failure);
        }
    }

    public ReadOnlyMemory<byte> Open(StoreKey key, ReadOnlyMemory<byte> stored)
    {
        var ciphers = _rules.Of(key.Collection);
        var isSealed = stored.Span.StartsWith("k8s:enc:"u8);
        if (!isSealed)
        {
            // Plain values are taken as they are where nothing else was ever asked for, or where the configuration says so.
            return ciphers.Length == 0 || ciphers.Any(static c => c.Prefix.Length == 0)
                ? stored
                : throw new StoreCorruptedException($"{key} is not encrypted, and the encryption configuration has no provider identity for it");
        }

        Exception? failure = null;
        foreach (var cipher in ciphers)
        {
            var prefix = Encoding.ASCII.GetBytes(cipher.Prefix);
            if (prefix.Length == 0 || !stored.Span.StartsWith(prefix))
            {
                continue;
            }

            try
            {
                return cipher.Open(stored.Span[prefix.Length..], Encoding.UTF8.GetBytes(key.Collection + "/" + key.Name));
            }
            catch (CryptographicException wrong)
            {
                // Two providers may have keys of one name; the next may be the one.
                failure = wrong;
            }
        }

        throw new StoreCorruptedException($"{key} cannot be decrypted: {failure?.Message ?? "no provider of the encryption configuration has its key"}", failure);
    }
}
