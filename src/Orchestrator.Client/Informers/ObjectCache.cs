using System.Diagnostics.CodeAnalysis;
using Orchestrator.Api;

namespace Orchestrator.Client;

/// <summary>The informer's copy of a collection: by key, by namespace, by indexes. One writer, any number of readers.</summary>
internal sealed class ObjectCache<T>
    where T : ApiObject
{
    private readonly Lock _lock = new();
    private readonly CacheBucket<T> _all = new();
    private readonly Dictionary<string, CacheBucket<T>> _namespaces = [];
    private readonly Dictionary<string, CacheIndex<T>> _indexes = [];

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _all.Items.Count;
            }
        }
    }

    public bool TryGet(ObjectKey key, [MaybeNullWhen(false)] out T obj)
    {
        lock (_lock)
        {
            return _all.Items.TryGetValue(key, out obj);
        }
    }

    public T[] List()
    {
        lock (_lock)
        {
            return _all.Snapshot();
        }
    }

    public T[] List(string ns)
    {
        lock (_lock)
        {
            return _namespaces.TryGetValue(ns, out var bucket) ? bucket.Snapshot() : [];
        }
    }

    public T[] ByIndex(string index, string value)
    {
        lock (_lock)
        {
            return _indexes.TryGetValue(index, out var found)
                ? found.Buckets.TryGetValue(value, out var bucket) ? bucket.Snapshot() : []
                : throw new ArgumentException($"There is no index {index}.", nameof(index));
        }
    }

    public void AddIndex(string name, Func<T, IEnumerable<string>> valuesOf)
    {
        lock (_lock)
        {
            if (_indexes.ContainsKey(name))
            {
                return;
            }

            var index = new CacheIndex<T>(valuesOf);
            foreach (var obj in _all.Items.Values)
            {
                index.Add(obj);
            }

            _indexes[name] = index;
        }
    }

    /// <summary>Puts an object and gives the one it replaces.</summary>
    public T? Put(T obj)
    {
        lock (_lock)
        {
            var key = obj.Key;
            if (_all.Items.TryGetValue(key, out var old))
            {
                foreach (var index in _indexes.Values)
                {
                    index.Remove(old);
                }
            }

            _all.Put(key, obj);
            if (!_namespaces.TryGetValue(key.Namespace, out var bucket))
            {
                _namespaces[key.Namespace] = bucket = new();
            }

            bucket.Put(key, obj);
            foreach (var index in _indexes.Values)
            {
                index.Add(obj);
            }

            return old;
        }
    }

    /// <summary>Removes an object and gives it; null if it was not there.</summary>
    public T? Remove(ObjectKey key)
    {
        lock (_lock)
        {
            if (!_all.Items.TryGetValue(key, out var old))
            {
                return null;
            }

            _all.Remove(key);
            var bucket = _namespaces[key.Namespace];
            bucket.Remove(key);
            if (bucket.Items.Count == 0)
            {
                _namespaces.Remove(key.Namespace);
            }

            foreach (var index in _indexes.Values)
            {
                index.Remove(old);
            }

            return old;
        }
    }
}
