using System.Diagnostics.CodeAnalysis;

namespace Orchestrator.Cel.Values;

/// <summary>A map that an expression made; keeps the order of insertion.</summary>
public sealed class CelDictionary : CelMap
{
    private readonly Dictionary<CelValue, CelValue> _entries;

    public CelDictionary() => _entries = new(KeyComparer.Instance);

    public override int Count => _entries.Count;

    public override IEnumerable<CelValue> Keys => _entries.Keys;

    public override bool TryGet(in CelValue key, out CelValue value) => _entries.TryGetValue(key, out value);

    /// <summary>Adds an entry while the map is made; false if the key is there already.</summary>
    public bool TryAdd(in CelValue key, in CelValue value) => _entries.TryAdd(key, value);

    /// <summary>Adds or replaces an entry while the map is made.</summary>
    public void Set(in CelValue key, in CelValue value) => _entries[key] = value;

    private sealed class KeyComparer : IEqualityComparer<CelValue>
    {
        public static readonly KeyComparer Instance = new();

        public bool Equals(CelValue x, CelValue y) => CelValue.Equal(x, y);

        public int GetHashCode([DisallowNull] CelValue obj) => obj.ValueHash();
    }
}
