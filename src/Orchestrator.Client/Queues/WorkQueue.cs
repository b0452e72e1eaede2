using System.Threading.Channels;

namespace Orchestrator.Client;

/// <summary>The work queue: a channel of keys, the sets that keep a key from being there twice, and one timer for those that wait for their time.</summary>
public sealed class WorkQueue<TKey> : IWorkQueue<TKey>, IDisposable
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Channel<(TKey Key, long AddedAt)> _ready = Channel.CreateUnbounded<(TKey Key, long AddedAt)>();
    private readonly HashSet<TKey> _dirty = [];
    private readonly Dictionary<TKey, long> _inWork = [];
    private readonly Dictionary<TKey, int> _retries = [];
    private readonly Dictionary<TKey, long> _dueTimes = [];
    private readonly PriorityQueue<TKey, long> _delayed = new();
    private readonly TimeProvider _time;
    private readonly BackoffPolicy _backoff;
    private readonly ITimer _timer;
    private readonly QueueInstruments _instruments;
    private long _timerDue = long.MaxValue;
    private bool _shutDown;

    /// <param name="time">The clock.</param>
    /// <param name="backoff">How long failed keys wait; null for the usual.</param>
    /// <param name="name">What metrics call the queue.</param>
    public WorkQueue(TimeProvider time, BackoffPolicy? backoff = null, string name = "")
    {
        _instruments = new QueueInstruments(name, () => Count, Unfinished);
        _time = time;
        _backoff = backoff ?? BackoffPolicy.Queue;
        _timer = time.CreateTimer(static queue => ((WorkQueue<TKey>)queue!).MoveDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count => _ready.Reader.Count;

    public void Add(TKey key)
    {
        lock (_lock)
        {
            AddLocked(key);
        }
    }

    public void AddAfter(TKey key, TimeSpan delay)
    {
        lock (_lock)
        {
            if (delay <= TimeSpan.Zero)
            {
                AddLocked(key);
                return;
            }

            var due = _time.GetUtcNow().UtcTicks + delay.Ticks;
            if (_shutDown || (_dueTimes.TryGetValue(key, out var other) && other <= due))
            {
                return;
            }

            // An entry for the later time stays in the heap and is passed over when it comes up.
            _dueTimes[key] = due;
            _delayed.Enqueue(key, due);
            SetTimerLocked(due);
        }
    }

    public void AddRateLimited(TKey key)
    {
        int retry;
        lock (_lock)
        {
            retry = _retries.GetValueOrDefault(key);
            _retries[key] = retry + 1;
        }

        _instruments.Retried();
        AddAfter(key, _backoff.Delay(retry));
    }

    public void Forget(TKey key)
    {
        lock (_lock)
        {
            _retries.Remove(key);
        }
    }

    public int Retries(TKey key)
    {
        lock (_lock)
        {
            return _retries.GetValueOrDefault(key);
        }
    }

    public async ValueTask<WorkItem<TKey>?> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_ready.Reader.TryRead(out var next))
            {
                var now = _time.GetTimestamp();
                lock (_lock)
                {
                    _dirty.Remove(next.Key);
                    _inWork.Add(next.Key, now);
                }

                _instruments.Taken(_time.GetElapsedTime(next.AddedAt, now));
                return new(next.Key);
            }

            if (!await _ready.Reader.WaitToReadAsync(cancellationToken))
            {
                return null;
            }
        }
    }

    public void Done(TKey key)
    {
        lock (_lock)
        {
            if (_inWork.Remove(key, out var startedAt))
            {
                _instruments.Done(_time.GetElapsedTime(startedAt));
            }

            if (_dirty.Contains(key))
            {
                _ready.Writer.TryWrite((key, _time.GetTimestamp()));
            }
        }
    }

    public void ShutDown()
    {
        lock (_lock)
        {
            _shutDown = true;
            _ready.Writer.TryComplete();
            _delayed.Clear();
            _dueTimes.Clear();
        }
    }

    public void Dispose()
    {
        ShutDown();
        _timer.Dispose();
        _instruments.Dispose();
    }

    private void AddLocked(TKey key)
    {
        if (_shutDown || !_dirty.Add(key))
        {
            return;
        }

        _instruments.Added();
        if (!_inWork.ContainsKey(key))
        {
            _ready.Writer.TryWrite((key, _time.GetTimestamp()));
        }
    }

    private (double Sum, double Longest) Unfinished()
    {
        lock (_lock)
        {
            var (sum, longest) = (0.0, 0.0);
            foreach (var startedAt in _inWork.Values)
            {
                var seconds = _time.GetElapsedTime(startedAt).TotalSeconds;
                (sum, longest) = (sum + seconds, Math.Max(longest, seconds));
            }

            return (sum, longest);
        }
    }

    private void MoveDue()
    {
        lock (_lock)
        {
            _timerDue = long.MaxValue;
            var now = _time.GetUtcNow().UtcTicks;
            while (_delayed.TryPeek(out var key, out var due))
            {
                if (due > now)
                {
                    SetTimerLocked(due);
                    return;
                }

                _delayed.Dequeue();
                if (_dueTimes.TryGetValue(key, out var wanted) && wanted == due)
                {
                    _dueTimes.Remove(key);
                    AddLocked(key);
                }
            }
        }
    }

    private void SetTimerLocked(long due)
    {
        if (due >= _timerDue)
        {
            return;
        }

        _timerDue = due;
        var wait = Math.Max(0, due - _time.GetUtcNow().UtcTicks);

        // Timers count whole milliseconds and cap at 49 days; rounding up keeps the callback from coming early.
        _timer.Change(TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(wait / (double)TimeSpan.TicksPerMillisecond), TimeSpan.FromDays(40).TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }
}
