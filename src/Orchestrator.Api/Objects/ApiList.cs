using System.Collections;
using System.Runtime.CompilerServices;

namespace Orchestrator.Api;

/// <summary>An immutable list in an API object. Collection expressions make one: <c>Finalizers = [.. old, "mine"]</c>.</summary>
[CollectionBuilder(typeof(ApiList), nameof(ApiList.Create))]
public sealed class ApiList<T> : IReadOnlyList<T>, IApiList, IEquatable<ApiList<T>>
{
    public static readonly ApiList<T> Empty = new([], 0);

    private readonly object?[] _items;

    internal ApiList(object?[] items, int count)
    {
        _items = items;
        Count = count;
    }

    public int Count { get; }

    public T this[int index] => (uint)index < (uint)Count ? Values<T>.FromSlot(_items[index]) : throw new ArgumentOutOfRangeException(nameof(index));

    public object? ItemAt(int index) => (uint)index < (uint)Count ? _items[index] : throw new ArgumentOutOfRangeException(nameof(index));

    public bool Equals(ApiList<T>? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is null || other.Count != Count)
        {
            return false;
        }

        for (var i = 0; i < Count; i++)
        {
            if (!Values.DeepEquals(_items[i], other._items[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as ApiList<T>);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        for (var i = 0; i < Count; i++)
        {
            hash.Add(Values.DeepHash(_items[i]));
        }

        return hash.ToHashCode();
    }

    IApiList IApiList.Rebuild(Func<object?, object?> item)
    {
        var items = new object?[Count];
        for (var i = 0; i < Count; i++)
        {
            items[i] = item(_items[i]);
        }

        return new ApiList<T>(items, Count);
    }

    public Enumerator GetEnumerator() => new(this);

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Walks the list without allocating.</summary>
    public struct Enumerator(ApiList<T> list) : IEnumerator<T>
    {
        private int _index = -1;

        public readonly T Current => Values<T>.FromSlot(list._items[_index]);

        readonly object? IEnumerator.Current => Current;

        public bool MoveNext() => ++_index < list.Count;

        public void Reset() => _index = -1;

        public readonly void Dispose()
        {
        }
    }
}

/// <summary>Makes <see cref="ApiList{T}"/>s.</summary>
public static class ApiList
{
    public static ApiList<T> Create<T>(ReadOnlySpan<T> items)
    {
        if (items.Length == 0)
        {
            return ApiList<T>.Empty;
        }

        var slots = new object?[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            slots[i] = Values<T>.ToSlot(items[i]);
        }

        return new(slots, slots.Length);
    }

    /// <summary>A list of the items in their order.</summary>
    public static ApiList<T> ToApiList<T>(this IEnumerable<T> items) => Create<T>(items.ToArray());
}
