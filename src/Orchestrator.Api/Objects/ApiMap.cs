using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Orchestrator.Api;

/// <summary>
/// An immutable map in an API object, sorted by key (ordinal), as the API writes maps. Made from a dictionary by implicit conversion,
/// changed by <see cref="With"/> and <see cref="Without"/>, which copy.
/// </summary>
public sealed class ApiMap<T> : IReadOnlyDictionary<string, T>, IApiMap, IEquatable<ApiMap<T>>
{
    public static readonly ApiMap<T> Empty = new();

    private string[] _keys;
    private object?[] _values;

    internal ApiMap()
        : this(0)
    {
    }

    internal ApiMap(int capacity) => (_keys, _values) = capacity == 0 ? ([], []) : (new string[capacity], new object?[capacity]);

    private ApiMap(string[] keys, object?[] values, int count) => (_keys, _values, Count) = (keys, values, count);

    public int Count { get; private set; }

    public IEnumerable<string> Keys => _keys.Take(Count);

    public IEnumerable<T> Values => _values.Take(Count).Select(Api.Values<T>.FromSlot);

    public T this[string key] => IndexOf(key) is var i and >= 0 ? Api.Values<T>.FromSlot(_values[i]) : throw new KeyNotFoundException(key);

    public static implicit operator ApiMap<T>(Dictionary<string, T> entries) => From(entries);

    /// <summary>A map of the entries; of equal keys the last counts.</summary>
    public static ApiMap<T> From(IEnumerable<KeyValuePair<string, T>> entries)
    {
        var map = new ApiMap<T>();
        foreach (var (key, value) in entries)
        {
            map.SetSlot(key, Api.Values<T>.ToSlot(value));
        }

        return map;
    }

    public string KeyAt(int index) => _keys[index];

    public object? ValueAt(int index) => _values[index];

    public bool ContainsKey(string key) => IndexOf(key) >= 0;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value)
    {
        var i = IndexOf(key);
        value = i >= 0 ? Api.Values<T>.FromSlot(_values[i]) : default;
        return i >= 0;
    }

    public bool TryGetSlot(string key, out object? value)
    {
        var i = IndexOf(key);
        value = i >= 0 ? _values[i] : null;
        return i >= 0;
    }

    /// <summary>The value of a key, or the default of the type.</summary>
    public T? GetValueOrDefault(string key) => TryGetValue(key, out var value) ? value : default;

    /// <summary>A copy with one entry set.</summary>
    public ApiMap<T> With(string key, T value)
    {
        var copy = Copy();
        copy.SetSlot(key, Api.Values<T>.ToSlot(value));
        return copy;
    }

    /// <summary>A copy without an entry; this map itself if it has none such.</summary>
    public ApiMap<T> Without(string key)
    {
        if (!ContainsKey(key))
        {
            return this;
        }

        var copy = Copy();
        copy.Remove(key);
        return copy;
    }

    public bool Equals(ApiMap<T>? other)
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
            if (_keys[i] != other._keys[i] || !Api.Values.DeepEquals(_values[i], other._values[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as ApiMap<T>);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        for (var i = 0; i < Count; i++)
        {
            hash.Add(_keys[i]);
            hash.Add(Api.Values.DeepHash(_values[i]));
        }

        return hash.ToHashCode();
    }

    IApiMap IApiMap.Rebuild(Func<object?, object?> value)
    {
        var copy = Copy();
        for (var i = 0; i < copy.Count; i++)
        {
            copy._values[i] = value(copy._values[i]);
        }

        return copy;
    }

    public Enumerator GetEnumerator() => new(this);

    IEnumerator<KeyValuePair<string, T>> IEnumerable<KeyValuePair<string, T>>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal ApiMap<T> Copy() => new((string[])_keys.Clone(), (object?[])_values.Clone(), Count);

    void IApiMap.SetSlot(string key, object? value) => SetSlot(key, value);

    /// <summary>Sets an entry in place. Only for a map that its caller has made and not yet published.</summary>
    internal void SetSlot(string key, object? value)
    {
        // Keys mostly arrive in order, so the end is tried first.
        var i = Count == 0 || string.CompareOrdinal(_keys[Count - 1], key) < 0 ? ~Count : IndexOf(key);
        if (i >= 0)
        {
            _values[i] = value;
            return;
        }

        i = ~i;
        if (Count == _keys.Length)
        {
            var capacity = Math.Max(4, Count * 2);
            Array.Resize(ref _keys, capacity);
            Array.Resize(ref _values, capacity);
        }

        Array.Copy(_keys, i, _keys, i + 1, Count - i);
        Array.Copy(_values, i, _values, i + 1, Count - i);
        _keys[i] = key;
        _values[i] = value;
        Count++;
    }

    /// <summary>Removes an entry in place; the same caution as for <see cref="SetSlot"/>.</summary>
    internal bool Remove(string key)
    {
        var i = IndexOf(key);
        if (i < 0)
        {
            return false;
        }

        Count--;
        Array.Copy(_keys, i + 1, _keys, i, Count - i);
        Array.Copy(_values, i + 1, _values, i, Count - i);
        _keys[Count] = null!;
        _values[Count] = null;
        return true;
    }

    private int IndexOf(string key)
    {
        int low = 0, high = Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(_keys[middle], key);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }

    /// <summary>Walks the entries in key order without allocating.</summary>
    public struct Enumerator(ApiMap<T> map) : IEnumerator<KeyValuePair<string, T>>
    {
        private int _index = -1;

        public readonly KeyValuePair<string, T> Current => new(map._keys[_index], Api.Values<T>.FromSlot(map._values[_index]));

        readonly object IEnumerator.Current => Current;

        public bool MoveNext() => ++_index < map.Count;

        public void Reset() => _index = -1;

        public readonly void Dispose()
        {
        }
    }
}
