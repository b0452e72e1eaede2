namespace Orchestrator.ApiServer.Admission.EventRates;

/// <summary>A bucket of tokens per key; the keys that were used last are remembered. May be used by several threads at once.</summary>
internal sealed class EventBuckets(EventRate rate, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Bucket>> _byKey = new(StringComparer.Ordinal);
    private readonly LinkedList<Bucket> _byUse = [];

    public string Type => rate.Type;

    /// <summary>Takes a token; false if there is none.</summary>
    public bool TryTake(string key)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (_byKey.TryGetValue(key, out var node))
            {
                _byUse.Remove(node);
            }
            else
            {
                if (_byKey.Count >= rate.Remembered)
                {
                    _byKey.Remove(_byUse.First!.Value.Key);
                    _byUse.RemoveFirst();
                }

                node = new(new(key) { Tokens = rate.Burst, At = now });
                _byKey[key] = node;
            }

            _byUse.AddLast(node);
            var bucket = node.Value;
            bucket.Tokens = Math.Min(rate.Burst, bucket.Tokens + (time.GetElapsedTime(bucket.At, now).TotalSeconds * rate.PerSecond));
            bucket.At = now;
            if (bucket.Tokens < 1)
            {
                return false;
            }

            bucket.Tokens--;
            return true;
        }
    }

    private sealed class Bucket(string key)
    {
        public string Key => key;

        public double Tokens { get; set; }

        public long At { get; set; }
    }
}
