using System.Diagnostics.CodeAnalysis;
using Orchestrator.Storage.Indexing;

namespace Orchestrator.Storage;

/// <summary>A collection at one revision: immutable, so it can be read for as long as it takes, by anybody, without a lock.</summary>
public sealed class CollectionSnapshot
{
    private readonly IndexNode? _root;

    internal CollectionSnapshot(string collection, Revision revision, IndexNode? root)
    {
        Collection = collection;
        Revision = revision;
        _root = root;
    }

    /// <summary>The collection's name.</summary>
    public string Collection { get; }

    /// <summary>The store's revision that this shows; what a LIST answers as its <c>resourceVersion</c>.</summary>
    public Revision Revision { get; }

    /// <summary>How many values there are.</summary>
    public int Count => _root?.Count ?? 0;

    internal IndexNode? Root => _root;

    /// <summary>The value under a name, or null.</summary>
    public StoredValue? Find(string name) => _root?.Find(name);

    /// <summary>Looks a name up.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out StoredValue? value) => (value = Find(name)) is not null;

    /// <summary>Values in the order of their names.</summary>
    /// <param name="prefix">Only names that start with it, for example <c>namespace/</c>; null for all.</param>
    /// <param name="from">Only names that are this or greater, for the next page; null for all. (The first name after <c>x</c> is <c>x\0</c>.)</param>
    public SnapshotRange Range(string? prefix = null, string? from = null) => new(_root, prefix ?? "", from ?? "");

    /// <summary>All values, in the order of their names.</summary>
    public SnapshotRange.Enumerator GetEnumerator() => Range().GetEnumerator();
}
