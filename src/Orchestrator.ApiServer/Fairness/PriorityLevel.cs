using Orchestrator.Api.FlowControl.V1;

namespace Orchestrator.ApiServer.Fairness;

/// <summary>
/// The seats of a priority level and the queues in front of them. A request that finds a free seat and nobody waiting takes it and goes; others
/// queue by flow, and the queue that has had the least work done for it is served next.
/// </summary>
/// <remarks>
/// Start-time fair queuing: a queue is charged the time that its requests hold their seats, estimated when they start and set right when they end.
/// A queue that becomes busy starts at the level's present virtual time, so idleness earns no credit.
/// Outlives changes of its configuration, so that seats in use stay counted.
/// </remarks>
internal sealed class PriorityLevel(string name, TimeProvider time)
{
    /// <summary>The estimate of how long a request holds its seats, until some have told.</summary>
    private const double FirstGuessSeconds = 0.01;

    private readonly Lock _lock = new();
    private FairQueue[] _queues = [];
    private int _handSize;
    private int _queueLengthMax;
    private int _executing;
    private int _seatsInUse;
    private int _waiting;
    private int _limit;
    private int _demandHigh;
    private double _virtualTime;
    private double _typicalSeconds = FirstGuessSeconds;
    private long _dispatched;
    private long _rejected;
    private long _timedOut;
    private long _cancelled;

    public string Name { get; } = name;

    /// <summary>The object's UID; "" for a level that the server makes up.</summary>
    public string Uid { get; private set; } = "";

    /// <summary>Requests are counted, and never wait.</summary>
    public bool IsExempt { get; private set; }

    /// <summary>Whether requests queue when there are no seats; otherwise they are turned away.</summary>
    public bool Queues => _queues.Length > 0;

    public SeatLimits Limits { get; private set; }

    /// <summary>The present number of seats, between the limits.</summary>
    public int CurrentLimit => _limit;

    /// <summary>Takes on a configuration.</summary>
    public void Configure(PriorityLevelConfiguration source, SeatLimits limits)
    {
        lock (_lock)
        {
            Uid = source.Metadata.Uid;
            IsExempt = source.Spec.Type == "Exempt";
            var queuing = source.Spec.Limited?.LimitResponse is { Type: "Queue", Queuing: { } given } ? given : null;
            _handSize = Math.Clamp(queuing?.HandSize ?? 0, 1, ShuffleShard.HandMax);
            _queueLengthMax = queuing?.QueueLengthLimit ?? 0;
            var wanted = IsExempt ? 0 : queuing?.Queues ?? 0;
            if (wanted != _queues.Length && _waiting == 0)
            {
                // While some wait, the old queues stay until they are empty and the configuration is next looked at.
                _queues = Enumerable.Range(0, wanted).Select(static i => new FairQueue(i)).ToArray();
            }

            Limits = limits;
            _limit = Math.Max(limits.Nominal, IsExempt ? 0 : 1);
            DispatchLocked();
        }
    }

    /// <summary>Sets how many seats there are now.</summary>
    public void SetLimit(int limit)
    {
        lock (_lock)
        {
            _limit = Math.Max(limit, IsExempt ? 0 : 1);
            DispatchLocked();
        }
    }

    /// <summary>The most seats that were in use or waited for since the last call.</summary>
    public int TakeDemand()
    {
        lock (_lock)
        {
            var high = _demandHigh;
            _demandHigh = _seatsInUse + WaitingSeatsLocked();
            return high;
        }
    }

    /// <summary>Takes seats at once if there are any and nobody waits for them.</summary>
    public bool TryEnter(int seats)
    {
        lock (_lock)
        {
            if (!IsExempt && (_waiting > 0 || (_seatsInUse + seats > _limit && _executing > 0)))
            {
                return false;
            }

            EnterLocked(seats);
            return true;
        }
    }

    /// <summary>Joins the shortest queue of the flow's hand; null with the reason if there is no room.</summary>
    public Waiter? TryQueue(FlowSchemaRules schema, string flow, int seats, out FairQueue? queue, out string reason)
    {
        lock (_lock)
        {
            queue = null;
            if (_queues.Length == 0)
            {
                _rejected++;
                reason = "concurrency-limit";
                return null;
            }

            queue = ChooseLocked(ShuffleShard.Hash(schema.Name, flow));
            if (queue.Waiting.Count >= _queueLengthMax)
            {
                _rejected++;
                reason = "queue-full";
                return null;
            }

            var waiter = new Waiter(schema, flow, seats, time.GetTimestamp());
            if (queue.Waiting.Count == 0 && queue.Executing == 0)
            {
                queue.Served = Math.Max(queue.Served, _virtualTime);
            }

            queue.Waiting.AddLast(waiter);
            queue.SeatsWaiting += seats;
            _waiting++;
            NoteDemandLocked();
            reason = "";

            // Seats may have come free between the look and the lock.
            DispatchLocked();
            return waiter;
        }
    }

    /// <summary>Takes a request out of its queue that was not let go in time, or whose client has left.</summary>
    /// <returns>False if it was let go meanwhile.</returns>
    public bool TryLeave(Waiter waiter, FairQueue queue, bool timedOut)
    {
        lock (_lock)
        {
            if (!waiter.Decide(false))
            {
                return false;
            }

            queue.Waiting.Remove(waiter);
            queue.SeatsWaiting -= waiter.Seats;
            _waiting--;
            _ = timedOut ? _timedOut++ : _cancelled++;
            return true;
        }
    }

    /// <summary>Gives seats back.</summary>
    /// <param name="seats">As many as were taken.</param>
    /// <param name="queue">The queue that the request came through; null if it never waited.</param>
    /// <param name="held">How long.</param>
    public void Leave(int seats, FairQueue? queue, TimeSpan held)
    {
        lock (_lock)
        {
            _executing--;
            _seatsInUse -= seats;
            var seconds = held.TotalSeconds;
            if (queue is not null)
            {
                queue.Executing--;
                queue.SeatsInUse -= seats;
                queue.Served += seats * (seconds - _typicalSeconds);
            }

            _typicalSeconds += (seconds - _typicalSeconds) / 64;
            if (_waiting > 0)
            {
                DispatchLocked();
            }
        }
    }

    public PriorityLevelReport Report()
    {
        lock (_lock)
        {
            return new(
                Name, _queues.Count(static q => q.Waiting.Count + q.Executing > 0), _executing == 0 && _waiting == 0, _waiting, _executing, _dispatched, _rejected, _timedOut, _cancelled,
                _queues.Select(static q => new QueueReport(q.Index, q.Waiting.Count, q.Executing, q.SeatsInUse, q.SeatsWaiting, q.Served, [.. q.Waiting])).ToArray());
        }
    }

    private void EnterLocked(int seats)
    {
        _executing++;
        _dispatched++;
        _seatsInUse += seats;
        NoteDemandLocked();
    }

    private void NoteDemandLocked() => _demandHigh = Math.Max(_demandHigh, _seatsInUse + WaitingSeatsLocked());

    private int WaitingSeatsLocked()
    {
        if (_waiting == 0)
        {
            return 0;
        }

        var sum = 0;
        foreach (var queue in _queues)
        {
            sum += queue.SeatsWaiting;
        }

        return sum;
    }

    private FairQueue ChooseLocked(ulong hash)
    {
        Span<int> hand = stackalloc int[Math.Min(_handSize, _queues.Length)];
        ShuffleShard.Deal(hash, _queues.Length, hand);
        var best = _queues[hand[0]];
        foreach (var card in hand[1..])
        {
            // Work in progress counts too, or a flow of slow requests would look idle.
            if (_queues[card].SeatsWaiting + _queues[card].SeatsInUse < best.SeatsWaiting + best.SeatsInUse)
            {
                best = _queues[card];
            }
        }

        return best;
    }

    private void DispatchLocked()
    {
        while (_waiting > 0)
        {
            FairQueue? next = null;
            foreach (var queue in _queues)
            {
                if (queue.Waiting.Count > 0 && (next is null || queue.Served < next.Served))
                {
                    next = queue;
                }
            }

            var waiter = next!.Waiting.First!.Value;
            if (_seatsInUse + waiter.Seats > _limit && _executing > 0)
            {
                return;
            }

            next.Waiting.RemoveFirst();
            next.SeatsWaiting -= waiter.Seats;
            _waiting--;
            _virtualTime = Math.Max(_virtualTime, next.Served);
            next.Served += waiter.Seats * _typicalSeconds;
            next.Executing++;
            next.SeatsInUse += waiter.Seats;
            EnterLocked(waiter.Seats);
            waiter.Decide(true);
        }
    }
}
