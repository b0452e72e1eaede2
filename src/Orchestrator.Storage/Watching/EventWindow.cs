using System.Numerics;

namespace Orchestrator.Storage.Watching;

/// <summary>
/// A collection's latest events: a ring to find a revision in, over the chain that watchers follow. Bounded by count, bytes and age;
/// what leaves it is cut from the chain. Guarded by its collection's gate.
/// </summary>
internal sealed class EventWindow(StoreOptions options, TimeProvider time, Revision floor)
{
    // What an event, its value and their key cost beside the payloads; measured with 64-bit references.
    private const int OverheadBytes = 256;

    private static readonly TimeSpan MarkInterval = TimeSpan.FromSeconds(1);

    // How many events had been added at a time: one mark a second is enough to drop by age.
    private readonly Queue<(long Added, long Timestamp)> _marks = new();
    private ChangeEvent[] _ring = new ChangeEvent[16];
    private int _head;
    private long _added;
    private long _bytes;
    private long _lastMark;
    private long _addedAtMark;
    private long _settled;

    // The event before the ring's first, so that there is always something to follow; at first a stand-in.
    private ChangeEvent _beforeHead =
        new(ChangeKind.Deleted, floor, new StoredValue(new("start", "start"), default, default, default, 0, null), null);

    /// <summary>Every event after this revision is in the window.</summary>
    public Revision Floor { get; private set; } = floor;

    public int Count { get; private set; }

    /// <summary>The newest event, whose successor is the next to be published.</summary>
    public ChangeEvent Tail => Count == 0 ? _beforeHead : At(Count - 1);

    public void Add(ChangeEvent change)
    {
        if (Count == _ring.Length)
        {
            Grow();
        }

        var tail = Tail;
        _ring[(_head + Count) & (_ring.Length - 1)] = change;
        Count++;
        _added++;
        _bytes += Cost(change);
        tail.Next = change;
    }

    /// <summary>Drops what exceeds the limits.</summary>
    public void Trim()
    {
        while (Count > options.WindowEventsMax || (_bytes > options.WindowBytesMax && Count > 0))
        {
            DropHead();
        }

        var now = time.GetTimestamp();
        if (_marks.Count == 0 || time.GetElapsedTime(_lastMark, now) >= MarkInterval)
        {
            Settle(_addedAtMark);
            _addedAtMark = _added;
            _marks.Enqueue((_added, now));
            _lastMark = now;
        }

        while (_marks.TryPeek(out var mark) && time.GetElapsedTime(mark.Timestamp, now) > options.WindowAge)
        {
            // All that had been added at the mark is at least that old.
            _marks.Dequeue();
            while (Count > 0 && _added - Count < mark.Added)
            {
                DropHead();
            }
        }
    }

    /// <summary>Drops all up to a revision.</summary>
    public void DropUpTo(Revision revision)
    {
        while (Count > 0 && At(0).Revision <= revision)
        {
            DropHead();
        }

        Floor = Revision.Max(Floor, revision);
    }

    /// <summary>The last event that is not after the revision: following it leads to all that are. The revision is not below the floor.</summary>
    public ChangeEvent LastUpTo(Revision revision)
    {
        var index = FirstAfter(revision) - 1;
        return index < 0 ? _beforeHead : At(index);
    }

    /// <summary>The events after a revision, which is not below the floor.</summary>
    public ChangeEvent[] After(Revision revision)
    {
        var first = FirstAfter(revision);
        var events = new ChangeEvent[Count - first];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = At(first + i);
        }

        return events;
    }

    private static long Cost(ChangeEvent change) =>
        OverheadBytes + change.Value.Payload.Length + (change.Kind == ChangeKind.Modified ? change.Previous!.Payload.Length : 0);

    private ChangeEvent At(int index) => _ring[(_head + index) & (_ring.Length - 1)];

    private int FirstAfter(Revision revision)
    {
        int low = 0, high = Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (At(middle).Revision > revision)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    /// <summary>
    /// Lets go of what was made for watchers of events that are a mark old: most have been read, and who reads them later makes it again. What
    /// objects weigh beside their bytes is so paid for the present ones only.
    /// </summary>
    private void Settle(long upTo)
    {
        for (_settled = Math.Max(_settled, _added - Count); _settled < upTo; _settled++)
        {
            At((int)(_settled - (_added - Count))).Settle();
        }
    }

    private void DropHead()
    {
        var dropped = At(0);
        _ring[_head] = null!;
        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
        _bytes -= Cost(dropped);
        Floor = dropped.Revision;

        // The dropped event stays as the one before the head; whoever still follows its predecessor has been too slow.
        _beforeHead.Next = ChangeEvent.Severed;
        _beforeHead = dropped;
    }

    private void Grow()
    {
        var larger = new ChangeEvent[BitOperations.RoundUpToPowerOf2((uint)_ring.Length + 1)];
        for (var i = 0; i < Count; i++)
        {
            larger[i] = At(i);
        }

        _ring = larger;
        _head = 0;
    }
}
