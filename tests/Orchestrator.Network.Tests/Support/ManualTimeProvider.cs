namespace Orchestrator.Network.Tests.Support;

/// <summary>A clock that only moves when a test moves it.</summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly SemaphoreSlim _armed = new(0);
    private TimeSpan _elapsed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2031, 5, 1, 8, 0, 0, TimeSpan.Zero) + _elapsed;

    public override long GetTimestamp() => _elapsed.Ticks;

    /// <summary>Returns when somebody has armed one more timer, so that the clock is not moved too early.</summary>
    public Task TimerArmedAsync(CancellationToken cancellationToken) => _armed.WaitAsync(cancellationToken);

    public void Advance(TimeSpan by)
    {
        ManualTimer[] due;
        lock (_lock)
        {
            _elapsed += by;
            due = [.. _timers.Where(timer => timer.DueAt <= _elapsed)];
            foreach (var timer in due)
            {
                timer.Fired(_elapsed);
            }
        }

        foreach (var timer in due)
        {
            timer.Callback();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ManualTimer(ManualTimeProvider owner, Action callback) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public TimeSpan DueAt { get; private set; } = TimeSpan.MaxValue;

        public Action Callback => callback;

        public void Fired(TimeSpan now) => DueAt = _period == Timeout.InfiniteTimeSpan || _period == TimeSpan.Zero ? TimeSpan.MaxValue : now + _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._lock)
            {
                _period = period;
                DueAt = dueTime == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : owner._elapsed + dueTime;
                if (!owner._timers.Contains(this))
                {
                    owner._timers.Add(this);
                }
            }

            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                owner._armed.Release();
            }

            return true;
        }

        public void Dispose()
        {
            lock (owner._lock)
            {
                owner._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
