namespace Orchestrator.Agent;

/// <summary>Exponential back-off per key: doubles with each failure up to a limit, forgets after a quiet time.</summary>
/// <remarks>Safe for use by many at once.</remarks>
internal sealed class Backoff(TimeSpan initial, TimeSpan limit, TimeProvider time)
{
    private readonly Dictionary<string, (TimeSpan Delay, DateTimeOffset LastUpdate)> _entries = [];
    private readonly Lock _lock = new();

    /// <summary>The present delay of a key; zero if it has none.</summary>
    public TimeSpan Get(string key)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(key, out var entry) ? entry.Delay : TimeSpan.Zero;
        }
    }

    /// <summary>Notes a failure: starts or doubles the delay.</summary>
    public void Next(string key)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            _entries[key] = _entries.TryGetValue(key, out var entry) && now - entry.LastUpdate <= 2 * limit
                ? (entry.Delay * 2 < limit ? entry.Delay * 2 : limit, now)
                : (initial, now);
        }
    }

    /// <summary>How long a key that failed at a time must still wait; zero if it need not.</summary>
    public TimeSpan Remaining(string key, DateTimeOffset failedAt)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var entry) || failedAt - entry.LastUpdate > 2 * limit)
            {
                return TimeSpan.Zero;
            }

            var remaining = failedAt + entry.Delay - now;
            return remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
        }
    }

    /// <summary>How long a key must wait since its last failure here; zero if it need not.</summary>
    public TimeSpan RemainingSinceUpdate(string key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var entry))
            {
                return TimeSpan.Zero;
            }

            var remaining = entry.LastUpdate + entry.Delay - time.GetUtcNow();
            return remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
        }
    }

    /// <summary>Forgets the keys that begin so.</summary>
    public void Forget(string prefix)
    {
        lock (_lock)
        {
            foreach (var key in _entries.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).ToList())
            {
                _entries.Remove(key);
            }
        }
    }
}
