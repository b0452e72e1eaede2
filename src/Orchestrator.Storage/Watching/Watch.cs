using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace Orchestrator.Storage.Watching;

/// <summary>A reader of a collection's chain of events.</summary>
/// <remarks>
/// <code>
///             ReadAsync finds events: returns them at once
///              ┌────┐
///           Following ──ReadAsync at the end of the chain──► Parked ──event in scope, cancellation, disposal──► Following
///              └──the chain is cut, store closed, disposed──► Ended
/// </code>
/// While following, the reader alone moves <see cref="_position"/>. While parked there is none, so an idle watch keeps no event alive;
/// who unparks it (under the collection's gate) says where to go on.
/// </remarks>
internal sealed class Watch : IWatch, IValueTaskSource<WatchBatch>
{
    private readonly CollectionState _collection;
    private readonly int _batchMax;
    private readonly Func<long> _currentRevision;
    private readonly IEventHistory? _history;
    private ManualResetValueTaskSourceCore<WatchStatus> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private CancellationToken _readCancellation;
    private ChangeEvent[] _buffer = new ChangeEvent[16];
    private int _buffered;
    private ChangeEvent? _position;
    private bool _isParked;
    private int _ended = -1;
    private long _progress;

    // Events before the window, read from disk: until when, or nothing once they have been delivered.
    private Revision _historyUpTo;
    private IReadOnlyList<ChangeEvent>? _historyEvents;
    private int _historyAt;

    public Watch(CollectionState collection, WatchScope scope, Revision after, int batchMax, Func<long> currentRevision, IEventHistory? history)
    {
        _collection = collection;
        Scope = scope;
        After = after;
        _batchMax = batchMax;
        _currentRevision = currentRevision;
        _history = history;
        _progress = after.Value;
    }

    public WatchScope Scope { get; }

    /// <summary>Events up to here are not wanted; matters for a start in the future.</summary>
    public Revision After { get; }

    /// <summary>Where it stands in its group and in the collection's list of watches; theirs.</summary>
    public int GroupIndex { get; set; } = -1;

    public Revision Progress => Look(out _);

    public Revision? IdleProgress
    {
        get
        {
            var progress = Look(out var isParked);
            return isParked ? progress : null;
        }
    }

    /// <summary>Starts after an event.</summary>
    public void StartAt(ChangeEvent position) => Volatile.Write(ref _position, position);

    /// <summary>Starts in the engine's history up to a revision, then follows from an event.</summary>
    public void StartInHistory(Revision upTo, ChangeEvent thenFrom)
    {
        _historyUpTo = upTo;
        StartAt(thenFrom);
    }

    /// <summary>Ends at once.</summary>
    public void End(WatchStatus status)
    {
        lock (_collection.Gate)
        {
            Interlocked.CompareExchange(ref _ended, (int)status, -1);
            if (_isParked)
            {
                UnparkUnderGate(_collection.Tail);
            }
        }
    }

    public ValueTask<WatchBatch> ReadAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<WatchBatch>(cancellationToken);
        }

        ReleaseBuffer();
        if (_historyUpTo > Revision.None)
        {
            return ReadHistoryAsync(cancellationToken);
        }

        while (true)
        {
            if (TryCollect(out var batch))
            {
                return new(batch);
            }

            lock (_collection.Gate)
            {
                if (_ended >= 0 || _position!.Next is not null)
                {
                    continue;
                }

                _core.Reset();
                _isParked = true;
                _position = null;
            }

            _readCancellation = cancellationToken;
            _registration = cancellationToken.UnsafeRegister(static watch => ((Watch)watch!).CancelRead(), this);
            return new(this, _core.Version);
        }
    }

    /// <summary>Wakes the reader, which goes on after <paramref name="position"/>, if it waits and wants the event.</summary>
    public void WakeUnderGate(ChangeEvent position, Revision revision)
    {
        if (_isParked && revision > After)
        {
            UnparkUnderGate(position);
        }
    }

    public void Dispose()
    {
        _collection.Remove(this);
        End(WatchStatus.Closed);
    }

    WatchBatch IValueTaskSource<WatchBatch>.GetResult(short token)
    {
        _registration.Dispose();
        _core.GetResult(token);
        return TryCollect(out var batch) ? batch : throw new UnreachableException("a watch was woken without an event");
    }

    ValueTaskSourceStatus IValueTaskSource<WatchBatch>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<WatchBatch>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private Revision Look(out bool isParked)
    {
        // Read before looking whether we are parked: what this revision wrote in our scope would have unparked us.
        var current = _currentRevision();
        lock (_collection.Gate)
        {
            isParked = _isParked;
            if (isParked && current > _progress)
            {
                _progress = current;
            }

            return new(_progress);
        }
    }

    private void UnparkUnderGate(ChangeEvent position)
    {
        _isParked = false;
        _position = position;
        _core.SetResult(WatchStatus.Events);
    }

    private void CancelRead()
    {
        lock (_collection.Gate)
        {
            if (_isParked)
            {
                // Nothing in scope was published since it was parked, so it loses nothing by going on from the end.
                _isParked = false;
                _position = _collection.Tail;
                _core.SetException(new OperationCanceledException(_readCancellation));
            }
        }
    }

    private bool TryCollect(out WatchBatch batch)
    {
        if (Volatile.Read(ref _ended) is var ended and >= 0)
        {
            batch = WatchBatch.Ended((WatchStatus)ended);
            return true;
        }

        var position = _position!;
        var last = Revision.None;
        while (position.Next is { } next && (_buffered < _batchMax || next.Revision == last))
        {
            if (ReferenceEquals(next, ChangeEvent.Severed))
            {
                if (_buffered == 0)
                {
                    Interlocked.CompareExchange(ref _ended, (int)WatchStatus.Overflow, -1);
                    batch = WatchBatch.Ended((WatchStatus)_ended);
                    return true;
                }

                break;
            }

            position = next;
            last = next.Revision;
            if (next.Revision > After && Scope.Includes(next.Value.Name))
            {
                Buffer(next);
            }
        }

        _position = position;
        if (_buffered == 0)
        {
            batch = default;
            return false;
        }

        batch = Deliver(position.Revision);
        return true;
    }

    private async ValueTask<WatchBatch> ReadHistoryAsync(CancellationToken cancellationToken)
    {
        if (_historyEvents is null)
        {
            _historyEvents = await _history!.ReadEventsAsync(_collection.Name, After, _historyUpTo, cancellationToken);
            if (_historyEvents is null)
            {
                End(WatchStatus.Compacted);
                _historyUpTo = Revision.None;
            }
        }

        var last = Revision.None;
        while (_historyEvents is not null && _historyAt < _historyEvents.Count)
        {
            var next = _historyEvents[_historyAt];
            if (_buffered >= _batchMax && next.Revision != last)
            {
                return Deliver(last);
            }

            _historyAt++;
            last = next.Revision;
            if (Scope.Includes(next.Value.Name))
            {
                Buffer(next);
            }
        }

        var upTo = _historyUpTo;
        _historyUpTo = Revision.None;
        _historyEvents = null;
        return _buffered > 0 ? Deliver(upTo) : await ReadAsync(cancellationToken);
    }

    private void Buffer(ChangeEvent change)
    {
        if (_buffered == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        _buffer[_buffered++] = change;
    }

    private WatchBatch Deliver(Revision upTo)
    {
        lock (_collection.Gate)
        {
            _progress = Math.Max(_progress, upTo.Value);
        }

        return new(WatchStatus.Events, _buffer.AsMemory(0, _buffered));
    }

    /// <summary>Events keep their successors alive, so those delivered are let go before waiting.</summary>
    private void ReleaseBuffer()
    {
        Array.Clear(_buffer, 0, _buffered);
        _buffered = 0;
    }
}
