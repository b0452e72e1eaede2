using Orchestrator.Api;

namespace Orchestrator.Client;

/// <summary>Objects by the values that a function finds in them. Guarded by its cache's lock.</summary>
internal sealed class CacheIndex<T>(Func<T, IEnumerable<string>> valuesOf)
    where T : ApiObject
{
    public Dictionary<string, CacheBucket<T>> Buckets { get; } = [];

    public void Add(T obj)
    {
        foreach (var value in valuesOf(obj))
        {
            if (!Buckets.TryGetValue(value, out var bucket))
            {
                Buckets[value] = bucket = new();
            }

            bucket.Put(obj.Key, obj);
        }
    }

    public void Remove(T obj)
    {
        foreach (var value in valuesOf(obj))
        {
            if (Buckets.TryGetValue(value, out var bucket))
            {
                bucket.Remove(obj.Key);
                if (bucket.Items.Count == 0)
                {
                    Buckets.Remove(value);
                }
            }
        }
    }
}
