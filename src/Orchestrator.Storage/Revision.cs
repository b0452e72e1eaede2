using System.Globalization;

namespace Orchestrator.Storage;

/// <summary>A point in the store's history. Every transaction that writes gets the next one; an empty store is at 1, as etcd is.</summary>
/// <param name="Value">The number that clients see as <c>resourceVersion</c>.</param>
public readonly record struct Revision(long Value) : IComparable<Revision>
{
    /// <summary>Before everything: no value carries it.</summary>
    public static Revision None => default;

    /// <summary>The revision of a store that was never written to.</summary>
    public static Revision First => new(1);

    /// <inheritdoc/>
    public int CompareTo(Revision other) => Value.CompareTo(other.Value);

    /// <summary>The later of two revisions.</summary>
    public static Revision Max(Revision left, Revision right) => left > right ? left : right;

    /// <summary>Whether <paramref name="left"/> is older.</summary>
    public static bool operator <(Revision left, Revision right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> is newer.</summary>
    public static bool operator >(Revision left, Revision right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> is older or the same.</summary>
    public static bool operator <=(Revision left, Revision right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> is newer or the same.</summary>
    public static bool operator >=(Revision left, Revision right) => left.Value >= right.Value;

    /// <summary>The decimal number, as clients see it.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
