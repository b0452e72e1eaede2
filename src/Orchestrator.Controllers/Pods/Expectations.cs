using Orchestrator.Api;

namespace Orchestrator.Controllers;

/// <summary>
/// What a controller has done that its informer does not show yet: so many creations, these deletions. Until it shows them, the controller
/// must not act again on the old picture. Wishes that never come true are forgotten after five minutes.
/// </summary>
internal sealed class Expectations(TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectKey, Entry> _entries = [];

    /// <summary>Whether nothing is awaited for a key.</summary>
    public bool Satisfied(ObjectKey key)
    {
        lock (_lock)
        {
            return !_entries.TryGetValue(key, out var entry)
                || (entry.Creations <= 0 && entry.Deletions.Count == 0)
                || time.GetElapsedTime(entry.At) > Patience;
        }
    }

    public void ExpectCreations(ObjectKey key, int count)
    {
        lock (_lock)
        {
            var entry = Fresh(key);
            entry.Creations = count;
        }
    }

    public void ExpectDeletions(ObjectKey key, IEnumerable<string> uids)
    {
        lock (_lock)
        {
            Fresh(key).Deletions.UnionWith(uids);
        }
    }

    /// <summary>Expects both at once, in place of what was expected before.</summary>
    public void Expect(ObjectKey key, int creations, IEnumerable<string> deletedUids)
    {
        lock (_lock)
        {
            var entry = Fresh(key);
            entry.Creations = creations;
            entry.Deletions.UnionWith(deletedUids);
        }
    }

    /// <summary>More creations on top of those awaited.</summary>
    public void RaiseCreations(ObjectKey key, int count)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var entry))
            {
                entry.Creations += count;
            }
        }
    }

    /// <summary>A creation was seen, or failed and will not be.</summary>
    public void CreationObserved(ObjectKey key, int count = 1)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var entry))
            {
                entry.Creations -= count;
            }
        }
    }

    /// <summary>A deletion was seen, or failed and will not be.</summary>
    public void DeletionObserved(ObjectKey key, string uid)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var entry))
            {
                entry.Deletions.Remove(uid);
            }
        }
    }

    public void Forget(ObjectKey key)
    {
        lock (_lock)
        {
            _entries.Remove(key);
        }
    }

    private Entry Fresh(ObjectKey key) => _entries[key] = new Entry { At = time.GetTimestamp() };

    private sealed class Entry
    {
        public int Creations { get; set; }

        public HashSet<string> Deletions { get; } = [];

        public long At { get; init; }
    }
}
