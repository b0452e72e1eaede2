using System.Collections.Concurrent;
using Orchestrator.Storage.Indexing;
using Orchestrator.Storage.Watching;

namespace Orchestrator.Storage;

/// <summary>What every engine keeps in memory: the collections and the current revision. Engines write to disk or network, then publish here.</summary>
internal sealed class StoreMemory(StoreOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, CollectionState> _collections = new(StringComparer.Ordinal);
    private readonly RevisionWaiters _waiters = new();
    private long _currentRevision = Revision.First.Value;
    private Revision _floor = Revision.First;
    private volatile bool _isClosed;

    public Revision CurrentRevision => new(Volatile.Read(ref _currentRevision));

    public IReadOnlyCollection<string> Collections => [.. _collections.Keys];

    public IEnumerable<CollectionState> States => _collections.Values;

    public CollectionState Collection(string name) =>
        _collections.TryGetValue(name, out var state)
            ? state
            : _collections.GetOrAdd(name, static (name, memory) => memory.NewCollection(name), this);

    /// <summary>Starts from what an engine has read: the builders are filled; nothing before <paramref name="revision"/> is known to watches.</summary>
    public void PublishLoaded(Revision revision)
    {
        foreach (var state in _collections.Values)
        {
            state.PublishLoaded(revision);
        }

        Volatile.Write(ref _currentRevision, revision.Value);
    }

    /// <summary>Starts from other content: it is shown as of <paramref name="revision"/>, and who watched the old has to list again.</summary>
    public void Replace(Revision revision, IReadOnlyDictionary<string, IndexBuilder> content)
    {
        _floor = revision;
        foreach (var collection in content.Keys)
        {
            Collection(collection);
        }

        foreach (var state in _collections.Values)
        {
            state.Replace(revision, content.TryGetValue(state.Name, out var builder) ? builder.Publish() : null);
        }

        Volatile.Write(ref _currentRevision, revision.Value);
        _waiters.Reached(revision);
    }

    /// <summary>Says at which revision an engine will start, before it fills the builders.</summary>
    public void BeginLoad(Revision revision) => _floor = revision;

    /// <summary>Shows a durable batch to everybody.</summary>
    public void Publish(CommitBatch batch)
    {
        foreach (var state in batch.Touched)
        {
            state.PublishPending();
        }

        // Last, so that everything up to the current revision can be read by whoever sees it.
        Volatile.Write(ref _currentRevision, batch.Revision.Value);
        _waiters.Reached(batch.Revision);
    }

    public CollectionSnapshot Snapshot(string collection)
    {
        // The revision is read first: all of it is in the index that is read second, which may be newer and then says so itself.
        var current = CurrentRevision;
        if (!_collections.TryGetValue(collection, out var state))
        {
            return new(collection, current, root: null);
        }

        var published = state.Published;
        return published.Revision >= current ? published : new(collection, current, published.Root);
    }

    public CollectionSnapshot? SnapshotAt(string collection, Revision revision)
    {
        if (_collections.TryGetValue(collection, out var state))
        {
            return state.SnapshotAt(revision);
        }

        return revision >= _floor ? new(collection, revision, root: null) : null;
    }

    public ValueTask WaitForRevisionAsync(Revision revision, CancellationToken cancellationToken) =>
        CurrentRevision >= revision
            ? ValueTask.CompletedTask
            : new(_waiters.WaitAsync(revision, () => CurrentRevision, cancellationToken));

    public Watch Watch(string collection, WatchScope scope, Revision after, IEventHistory? history)
    {
        var state = Collection(collection);
        var watch = new Watch(state, scope, after, options.WatchBatchMax, () => Volatile.Read(ref _currentRevision), history);
        state.Add(watch, history);
        if (_isClosed)
        {
            watch.End(WatchStatus.Closed);
        }

        return watch;
    }

    public void Trim()
    {
        foreach (var state in _collections.Values)
        {
            state.Trim();
        }
    }

    public void Compact(Revision revision)
    {
        if (revision > CurrentRevision)
        {
            throw new ArgumentOutOfRangeException(nameof(revision), $"cannot compact at {revision}: the store is at {CurrentRevision}");
        }

        foreach (var state in _collections.Values)
        {
            state.Compact(revision);
        }
    }

    /// <summary>Ends all watches and waits.</summary>
    public void Close()
    {
        _isClosed = true;
        foreach (var state in _collections.Values)
        {
            state.Close();
        }

        _waiters.Close();
    }

    private CollectionState NewCollection(string name) => new(name, options, time, _floor);
}
