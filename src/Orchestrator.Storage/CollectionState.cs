using Orchestrator.Storage.Indexing;
using Orchestrator.Storage.Watching;

namespace Orchestrator.Storage;

/// <summary>
/// One collection in memory: the published index, the index being built by the batch in progress, the latest events and who watches them.
/// One thread at a time builds and publishes; everybody reads.
/// </summary>
internal sealed class CollectionState
{
    // Past snapshots that were asked for: pages of one list ask for the same revision again and again.
    private const int RecentSnapshotsMax = 8;

    private readonly EventWindow _window;
    private readonly WatchGroup _watchesOfAll = new();
    private readonly Dictionary<string, WatchGroup> _watchesByText = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WatchGroup>.AlternateLookup<ReadOnlySpan<char>> _watchesBySpan;
    private readonly LinkedList<CollectionSnapshot> _recentSnapshots = new();
    private CollectionSnapshot _published;

    public CollectionState(string name, StoreOptions options, TimeProvider time, Revision floor)
    {
        Name = name;
        _window = new(options, time, floor);
        _watchesBySpan = _watchesByText.GetAlternateLookup<ReadOnlySpan<char>>();
        _published = new(name, floor, root: null);
        Builder = new(root: null);
    }

    public string Name { get; }

    /// <summary>Guards the window and the watches. Held for microseconds, never over I/O or a caller's code.</summary>
    public Lock Gate { get; } = new();

    /// <summary>What the batch in progress has made of the index; the committer's.</summary>
    public IndexBuilder Builder { get; private set; }

    /// <summary>The events of the batch in progress; the committer's.</summary>
    public List<ChangeEvent> Pending { get; } = [];

    /// <summary>The published index, with the revision of its last change.</summary>
    public CollectionSnapshot Published => Volatile.Read(ref _published);

    /// <summary>The newest event. Asked under the gate.</summary>
    public ChangeEvent Tail => _window.Tail;

    /// <summary>Takes over what a start-up read has put into the builder.</summary>
    public void PublishLoaded(Revision revision) => Volatile.Write(ref _published, new(Name, revision, Builder.Publish()));

    /// <summary>Shows the batch's changes to readers, then to watchers: who saw an event will not read an older state.</summary>
    public void PublishPending()
    {
        lock (Gate)
        {
            Volatile.Write(ref _published, new(Name, Pending[^1].Revision, Builder.Publish()));
            foreach (var change in Pending)
            {
                var before = _window.Tail;
                _window.Add(change);
                Wake(before, change);
            }

            _window.Trim();
        }

        Pending.Clear();
    }

    /// <summary>Shows other content as of a revision; what led there is not known, so all watches end.</summary>
    public void Replace(Revision revision, IndexNode? root)
    {
        lock (Gate)
        {
            Pending.Clear();
            Builder = new(root);
            Volatile.Write(ref _published, new(Name, revision, root));
            _window.DropUpTo(revision);
            _recentSnapshots.Clear();
            EndWatchesUnderGate(WatchStatus.Overflow);
        }
    }

    /// <summary>Undoes the batch in progress.</summary>
    public void DiscardPending()
    {
        Builder = new(Published.Root);
        Pending.Clear();
    }

    /// <summary>Drops events that are too old, for a collection in which nothing happens.</summary>
    public void Trim()
    {
        lock (Gate)
        {
            _window.Trim();
            ForgetSnapshotsBelowFloor();
        }
    }

    public void Compact(Revision revision)
    {
        lock (Gate)
        {
            _window.DropUpTo(revision);
            ForgetSnapshotsBelowFloor();
        }
    }

    /// <summary>The collection at a past or present revision, or null if the window does not reach back that far.</summary>
    public CollectionSnapshot? SnapshotAt(Revision revision)
    {
        CollectionSnapshot published;
        ChangeEvent[] undo;
        lock (Gate)
        {
            published = Published;
            if (published.Revision <= revision)
            {
                return new(Name, revision, published.Root);
            }

            foreach (var recent in _recentSnapshots)
            {
                if (recent.Revision == revision)
                {
                    return recent;
                }
            }

            if (revision < _window.Floor)
            {
                return null;
            }

            undo = _window.After(revision);
        }

        var builder = new IndexBuilder(published.Root);
        for (var i = undo.Length - 1; i >= 0; i--)
        {
            if (undo[i].Previous is { } previous)
            {
                builder.Put(previous);
            }
            else
            {
                builder.Remove(undo[i].Value.Name);
            }
        }

        var snapshot = new CollectionSnapshot(Name, revision, builder.Publish());
        Remember(snapshot);
        return snapshot;
    }

    /// <summary>Keeps a snapshot of the past for who asks for its revision again.</summary>
    public void Remember(CollectionSnapshot snapshot)
    {
        lock (Gate)
        {
            _recentSnapshots.AddFirst(snapshot);
            if (_recentSnapshots.Count > RecentSnapshotsMax)
            {
                _recentSnapshots.RemoveLast();
            }
        }
    }

    /// <summary>A key's changes in the window, oldest first.</summary>
    public List<ChangeEvent> EventsOf(string name)
    {
        lock (Gate)
        {
            return [.. _window.After(_window.Floor).Where(change => change.Value.Name == name)];
        }
    }

    public void Add(Watch watch, IEventHistory? history)
    {
        lock (Gate)
        {
            if (watch.After >= _window.Floor)
            {
                watch.StartAt(_window.LastUpTo(watch.After));
            }
            else if (history?.Reaches(Name, watch.After) == true)
            {
                watch.StartInHistory(_window.Floor, _window.LastUpTo(_window.Floor));
            }
            else
            {
                watch.End(WatchStatus.Compacted);
                return;
            }

            GroupOf(watch.Scope).Add(watch);
        }
    }

    public void Remove(Watch watch)
    {
        lock (Gate)
        {
            var group = GroupOf(watch.Scope);
            group.Remove(watch);
            if (group.IsEmpty && watch.Scope.Text is { } text)
            {
                _watchesByText.Remove(text);
            }
        }
    }

    /// <summary>Ends all watches.</summary>
    public void Close()
    {
        lock (Gate)
        {
            EndWatchesUnderGate(WatchStatus.Closed);
        }
    }

    private void EndWatchesUnderGate(WatchStatus status)
    {
        foreach (var watch in _watchesOfAll.Watches.Concat(_watchesByText.Values.SelectMany(group => group.Watches)))
        {
            watch.End(status);
        }
    }

    private void Wake(ChangeEvent before, ChangeEvent change)
    {
        _watchesOfAll.WakeUnderGate(before, change.Revision);
        if (_watchesByText.Count == 0)
        {
            return;
        }

        var name = change.Value.Name;
        if (_watchesByText.TryGetValue(name, out var ofKey))
        {
            ofKey.WakeUnderGate(before, change.Revision);
        }

        var slash = name.IndexOf('/');
        if (slash >= 0 && _watchesBySpan.TryGetValue(name.AsSpan(0, slash + 1), out var ofNamespace))
        {
            ofNamespace.WakeUnderGate(before, change.Revision);
        }
    }

    private WatchGroup GroupOf(WatchScope scope)
    {
        if (scope.Text is null)
        {
            return _watchesOfAll;
        }

        if (!_watchesByText.TryGetValue(scope.Text, out var group))
        {
            _watchesByText[scope.Text] = group = new();
        }

        return group;
    }

    private void ForgetSnapshotsBelowFloor()
    {
        while (_recentSnapshots.Last is { } oldest && oldest.Value.Revision < _window.Floor)
        {
            _recentSnapshots.RemoveLast();
        }
    }
}
