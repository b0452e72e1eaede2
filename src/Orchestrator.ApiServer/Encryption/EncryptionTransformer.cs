using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Encryption;

/// <summary>Encrypts what the store writes, collection by collection. Rules are swapped whole when their file changes.</summary>
internal sealed class EncryptionTransformer(EncryptionRules rules) : IValueTransformer
{
    // Keys whose stored form is not what the rules would write now. Only these, so the set is empty but for the time after a rotation.
    private readonly ConcurrentDictionary<StoreKey, bool> _stale = [];
    private volatile EncryptionRules _rules = rules;

    /// <summary>The rules in force.</summary>
    public EncryptionRules Rules => _rules;

    /// <summary>Whether a value should be written anew although it does not change: it is stored under another key than is written now.</summary>
    public bool IsStale(StoreKey key) => !_stale.IsEmpty && _stale.ContainsKey(key);

    /// <summary>Puts other rules in force. Values written by earlier ones stay readable only as far as the new ones have their keys.</summary>
    /// <param name="rules">The new rules.</param>
    /// <param name="stored">What is stored, to find what is stale by the new rules; null before the store is open.</param>
    public void Replace(EncryptionRules rules, IStore? stored)
    {
        var before = _rules;
        _rules = rules;
        foreach (var collection in stored?.Collections ?? [])
        {
            if (WriterOf(before, collection) != WriterOf(rules, collection))
            {
                foreach (var value in stored!.Snapshot(collection))
                {
                    _stale[value.Key] = true;
                }
            }
        }
    }

    public ReadOnlyMemory<byte> Seal(StoreKey key, ReadOnlyMemory<byte> payload)
    {
        if (!_stale.IsEmpty)
        {
            _stale.TryRemove(key, out _);
        }

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
            if (ciphers is [{ Prefix.Length: > 0 }, ..])
            {
                _stale[key] = true;
            }

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
                if (cipher != ciphers[0])
                {
                    _stale[key] = true;
                }

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

    private static string WriterOf(EncryptionRules rules, string collection) => rules.Of(collection) is [var first, ..] ? first.Prefix : "";
}
