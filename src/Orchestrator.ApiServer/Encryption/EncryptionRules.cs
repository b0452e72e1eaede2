using System.Collections.Concurrent;

namespace Orchestrator.ApiServer.Encryption;

/// <summary>Which ciphers a collection has: the first writes, all may read.</summary>
internal sealed class EncryptionRules(IReadOnlyList<EncryptionRules.Entry> entries)
{
    private readonly ConcurrentDictionary<string, IValueCipher[]> _byCollection = new(StringComparer.Ordinal);

    public IReadOnlyList<Entry> Entries => entries;

    /// <summary>The ciphers of the entries that name the collection, or cover it by a wildcard; empty if none does.</summary>
    public IValueCipher[] Of(string collection) => _byCollection.TryGetValue(collection, out var known) ? known : _byCollection.GetOrAdd(collection, Find);

    private IValueCipher[] Find(string collection)
    {
        var cut = collection.LastIndexOf('/');
        var (group, resource) = cut < 0 ? ("", collection) : (collection[..cut], collection[(cut + 1)..]);
        var name = group.Length == 0 ? resource : resource + "." + group;

        // A resource that is named in several entries has the ciphers of all; wildcards are looked at only where none names it.
        foreach (var pattern in (string[])[name, "*." + group, "*.*"])
        {
            var named = entries.Where(e => e.Resources.Contains(pattern)).ToArray();
            if (named.Length > 0)
            {
                return named.SelectMany(static e => e.Ciphers).ToArray();
            }
        }

        return [];
    }

    /// <param name="Resources">Such as <c>secrets</c>, <c>widgets.example.com</c>, <c>*.apps</c>, <c>*.</c> for the core group, <c>*.*</c>.</param>
    /// <param name="Ciphers">In the order of the configuration.</param>
    internal sealed record Entry(IReadOnlyList<string> Resources, IReadOnlyList<IValueCipher> Ciphers);
}
