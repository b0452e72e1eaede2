using System.Collections.Frozen;

namespace Orchestrator.ApiServer.Apply;

/// <summary>A struct (named fields), a map (free keys), or both; atomic when owned as a whole.</summary>
internal sealed class MapType : FieldType
{
    private readonly Func<MapMember[]>? _load;
    private volatile Loaded? _loaded;

    /// <param name="load">Makes the named fields on first use, since types may contain themselves; null for none.</param>
    /// <param name="element">The type of other keys' values; null when other keys are not allowed.</param>
    /// <param name="isAtomic">Owned as a whole.</param>
    public MapType(Func<MapMember[]>? load, FieldType? element, bool isAtomic) => (_load, Element, IsAtomic) = (load, element, isAtomic);

    public bool IsAtomic { get; }

    public FieldType? Element { get; }

    /// <summary>The named fields; for a struct of the tables by slot ordinal.</summary>
    public ReadOnlySpan<MapMember> Members => Load().Members;

    /// <summary>The named fields by name.</summary>
    public ReadOnlySpan<MapMember> Sorted => Load().Sorted;

    public MapMember? Find(string name) => Load().ByName.GetValueOrDefault(name);

    private Loaded Load()
    {
        if (_loaded is { } ready)
        {
            return ready;
        }

        var members = _load?.Invoke() ?? [];
        return _loaded = new(
            members, [.. members.OrderBy(static m => m.Name, StringComparer.Ordinal)], members.ToFrozenDictionary(static m => m.Name, StringComparer.Ordinal));
    }

    private sealed record Loaded(MapMember[] Members, MapMember[] Sorted, FrozenDictionary<string, MapMember> ByName);
}
