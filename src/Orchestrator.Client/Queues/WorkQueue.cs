using System.Threading.Channels;

namespace Orchestrator.Client;

/// <summary>The work queue: a channel of keys, the sets that keep a key from being there twice, and one timer for those that wait for their time.</summary>
public sealed class WorkQueue<TKey> : IWorkQueue<TKey>, IDisposable
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Channel<TKey> _ready = Channel.CreateUnbounded<TKey>();
    private readonly HashSet<TKey> _dirty = [];
    private readonly HashSet<TKey> _inWork = [];
    private readonly Dictionary<TKey, int> _retries = [];
    private readonly Dictionary<TKey, long> _dueTimes = [];
    private readonly PriorityQueue<TKey, long> _delayed = new();
    private readonly TimeProvider _time;
    private readonly BackoffPolicy _backoff;
    private readonly ITimer _timer;
    private long _timerDue = long.MaxValue;
    private bool _shutDown;

    public WorkQueue(TimeProvider time, BackoffPolicy? backoff = null)
    {
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
            if (_ready.Reader.TryRead(out var key))
            {
                lock (_lock)
                {
                    _dirty.Remove(key);
                    _inWork.Add(key);
                }

                return new(key);
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
            _inWork.Remove(key);
            if (_dirty.Contains(key))
            {
                _ready.Writer.TryWrite(key);
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
    }

    private void AddLocked(TKey key)
    {
        if (!_shutDown && _dirty.Add(key) && !_inWork.Contains(key))
        {
            _ready.Writer.TryWrite(key);
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
