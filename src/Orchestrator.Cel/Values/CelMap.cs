using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Values;

/// <summary>A map, or an object with fields; hosts derive adapters over theirs from it.</summary>
public abstract class CelMap : CelReference
{
    public abstract int Count { get; }

    /// <summary>The keys in the map's order, which iteration follows.</summary>
    public abstract IEnumerable<CelValue> Keys { get; }

    public override CelKind Kind => CelKind.Map;

    public override CelType RuntimeType => CelType.DynMap;

    /// <summary>The value of a key; false if it is not there. Numbers are found by value across their types.</summary>
    public abstract bool TryGet(in CelValue key, out CelValue value);

    /// <summary>The value of a field by its name.</summary>
    public virtual bool TryGetField(string name, out CelValue value) => TryGet(name, out value);

    public override bool ValueEquals(CelReference other)
    {
        if (other is not CelMap map || map.Count != Count)
        {
            return false;
        }

        foreach (var key in Keys)
        {
            if (!map.TryGet(key, out var theirs) || !TryGet(key, out var ours) || !CelValue.Equal(ours, theirs))
            {
                return false;
            }
        }

        return true;
    }

    public override int ValueHash()
    {
        // Order does not count.
        var hash = Count;
        foreach (var key in Keys)
        {
            TryGet(key, out var value);
            hash ^= HashCode.Combine(key.ValueHash(), value.ValueHash());
        }

        return hash;
    }

    public override string ToString() => $"{{{string.Join(", ", Keys.Select(k => TryGet(k, out var v) ? $"{k}: {v}" : $"{k}:"))}}}";
}
