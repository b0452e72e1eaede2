using Orchestrator.Api;

namespace Orchestrator.Client;

/// <summary>Objects by key, with an array of them that readers share until something changes. Guarded by its cache's lock.</summary>
internal sealed class CacheBucket<T>
    where T : ApiObject
{
    private T[]? _snapshot;

    public Dictionary<ObjectKey, T> Items { get; } = [];

    public void Put(ObjectKey key, T obj)
    {
        Items[key] = obj;
        _snapshot = null;
    }

    public void Remove(ObjectKey key)
    {
        Items.Remove(key);
        _snapshot = null;
    }

    public T[] Snapshot() => _snapshot ??= [.. Items.Values];
}
