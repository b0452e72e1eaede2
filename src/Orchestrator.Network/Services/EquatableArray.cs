using System.Collections;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace Orchestrator.Network.Services;

/// <summary>An immutable list with value equality, so that records which hold one compare by content.</summary>
/// <remarks>Informers repeat themselves; equality is what keeps a repeated object from rewriting a single rule.</remarks>
[CollectionBuilder(typeof(EquatableArray), nameof(EquatableArray.Create))]
[JsonConverter(typeof(EquatableArrayJsonConverter))]
internal readonly struct EquatableArray<T>(T[] items) : IEquatable<EquatableArray<T>>, IReadOnlyList<T>
    where T : IEquatable<T>
{
    private readonly T[]? _items = items;

    public int Count => _items?.Length ?? 0;

    public T this[int index] => Items[index];

    public ReadOnlySpan<T> Span => _items;

    private T[] Items => _items ?? [];

    public bool Equals(EquatableArray<T> other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is EquatableArray<T> other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in Span)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    public ReadOnlySpan<T>.Enumerator GetEnumerator() => Span.GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)Items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => Items.GetEnumerator();
}
