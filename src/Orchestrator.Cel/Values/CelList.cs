using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Values;

/// <summary>A list; hosts derive adapters over theirs from it.</summary>
public abstract class CelList : CelReference
{
    public abstract int Count { get; }

    /// <summary>An element; the index is within the bounds.</summary>
    public abstract CelValue this[int index] { get; }

    public override CelKind Kind => CelKind.List;

    public override CelType RuntimeType => CelType.DynList;

    /// <summary>Whether an element equals a value (<c>in</c>).</summary>
    public virtual bool Contains(in CelValue value)
    {
        for (var i = 0; i < Count; i++)
        {
            if (CelValue.Equal(this[i], value))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>This list followed by another (<c>+</c>); lists that are sets or maps join otherwise.</summary>
    public virtual CelValue Add(CelList other) => other.Count == 0 ? this : Count == 0 ? other : CelArray.Concat(this, other);

    public override bool ValueEquals(CelReference other)
    {
        if (other is not CelList list || list.Count != Count)
        {
            return false;
        }

        for (var i = 0; i < Count; i++)
        {
            if (!CelValue.Equal(this[i], list[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override int ValueHash()
    {
        var hash = default(HashCode);
        for (var i = 0; i < Count; i++)
        {
            hash.Add(this[i].ValueHash());
        }

        return hash.ToHashCode();
    }

    public override string ToString()
    {
        var parts = new string[Count];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = this[i].ToString();
        }

        return $"[{string.Join(", ", parts)}]";
    }
}
