using System.Collections;
using Orchestrator.Storage.Indexing;

namespace Orchestrator.Storage;

/// <summary>A part of a <see cref="CollectionSnapshot"/>, read in order of names. A <c>foreach</c> over it allocates nothing.</summary>
public readonly struct SnapshotRange : IEnumerable<StoredValue>
{
    private readonly IndexNode? _root;
    private readonly string _prefix;
    private readonly string _from;

    internal SnapshotRange(IndexNode? root, string prefix, string from)
    {
        _root = root;
        _prefix = prefix;
        _from = string.CompareOrdinal(from, prefix) > 0 ? from : prefix;
    }

    /// <summary>How many values are in the range; costs two descents of the tree, not a scan.</summary>
    public int Count
    {
        get
        {
            if (_root is null)
            {
                return 0;
            }

            var end = _prefix.Length == 0 ? _root.Count : _root.CountBelow(PrefixEnd(_prefix));
            return Math.Max(0, end - (_from.Length == 0 ? 0 : _root.CountBelow(_from)));
        }
    }

    /// <summary>Starts reading.</summary>
    public Enumerator GetEnumerator() => new(_root, _prefix, _from);

    IEnumerator<StoredValue> IEnumerable<StoredValue>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The least string that is greater than everything that starts with the prefix.</summary>
    private static string PrefixEnd(string prefix) =>
        string.Create(prefix.Length, prefix, static (end, prefix) =>
        {
            prefix.CopyTo(end);
            end[^1]++; // Names are ASCII (Kubernetes validates them), so this never wraps.
        });

    /// <summary>Walks the leaves.</summary>
    public struct Enumerator : IEnumerator<StoredValue>
    {
        private readonly string _prefix;
        private readonly bool _hasPrefix;
        private IndexCursor _cursor;
        private StoredValue? _current;

        internal Enumerator(IndexNode? root, string prefix, string from)
        {
            _prefix = prefix;
            _hasPrefix = prefix.Length > 0;
            _cursor = new IndexCursor(root, from);
        }

        /// <summary>The value at hand.</summary>
        public readonly StoredValue Current => _current!;

        readonly object IEnumerator.Current => Current;

        /// <summary>Goes on to the next value.</summary>
        public bool MoveNext()
        {
            _current = _cursor.Next();
            return _current is not null && (!_hasPrefix || _current.Name.StartsWith(_prefix, StringComparison.Ordinal));
        }

        /// <summary>Does nothing.</summary>
        public readonly void Dispose()
        {
        }

        /// <summary>Not supported: take a new enumerator.</summary>
        public readonly void Reset() => throw new NotSupportedException();
    }
}
