using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Orchestrator.Storage.Sqlite;

/// <summary>
/// The one thread that writes. It takes whatever transactions wait, evaluates them against memory, appends what they change, makes all of it
/// durable with one fsync, publishes to memory and watchers, and only then answers the callers. While it waits for the disk the next
/// transactions gather, so the busier the store is, the more of them share an fsync.
/// </summary>
/// <remarks>
/// A failure before the commit changes nothing: memory is thrown back to what is published. A failure of the commit itself, other than a
/// full disk, leaves open what a restart would find, so the store stops (<see cref="Stopped"/>) and a person or a supervisor restarts it.
/// </remarks>
internal sealed partial class SqliteCommitter
{
    // What a transaction may weigh before the rest has to wait for the next fsync.
    private const long BatchBytesMax = 16 << 20;

    // Superseded rows of collections without history are deleted in the course of commits from this number on: often enough to keep the
    // file small, seldom enough that neighbouring rows go together.
    private const int UnkeptRowsMax = 1024;

    private const int EatIdleRows = 512;

    private static readonly TimeSpan IdleTick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TrimInterval = TimeSpan.FromSeconds(10);

    private readonly object _gate = new(); // Monitor, not Lock: the thread waits on it.
    private readonly SqliteLog _log;
    private readonly SqliteCheckpointer _checkpointer;
    private readonly StoreMemory _memory;
    private readonly SqliteStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<PendingCommit> _pending = [];
    private List<(Revision Revision, TaskCompletionSource Done)> _compactions = [];
    private bool _isStopping;
    private bool _isIdle;
    private StoreException? _failure;

    // The committer thread's own.
    private long _unkeptRows;
    private bool _hasExpired;
    private long _lastTrim;

    public SqliteCommitter(
        SqliteLog log, SqliteCheckpointer checkpointer, StoreMemory memory, long unkeptRows, SqliteStoreOptions options, TimeProvider time, ILogger logger)
    {
        _log = log;
        _checkpointer = checkpointer;
        _memory = memory;
        _unkeptRows = unkeptRows;
        _options = options;
        _time = time;
        _logger = logger;
        _thread = new Thread(Run) { IsBackground = true, Name = "store committer" };
    }

    /// <summary>Completes when the thread has ended; faulted if by itself.</summary>
    public Task Stopped => _stopped.Task;

    public void Start() => _thread.Start();

    public Task<CommitResult> CommitAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var commit = new PendingCommit(transaction, cancellationToken);
        lock (_gate)
        {
            if (Refusal(_pending.Count) is { } refusal)
            {
                return Task.FromException<CommitResult>(refusal);
            }

            _pending.Add(commit);
            WakeUnderGate();
        }

        return commit.Task;
    }

    public Task CompactAsync(Revision revision)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (Refusal(pending: 0) is { } refusal)
            {
                return Task.FromException(refusal);
            }

            _compactions.Add((revision, done));
            WakeUnderGate();
        }

        return done.Task;
    }

    /// <summary>Ends the thread after what is waiting has been committed.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _isStopping = true;
            WakeUnderGate();
        }
    }

    private StoreUnavailableException? Refusal(int pending)
    {
        if (_failure is not null)
        {
            return new StoreUnavailableException($"the store has stopped: {_failure.Message}", _failure);
        }

        if (_isStopping)
        {
            return new StoreUnavailableException("the store is closed");
        }

        return pending < _options.PendingMax
            ? null
            : new StoreUnavailableException($"{pending} transactions are waiting to be committed, which is the limit; the disk does not keep up");
    }

    private void WakeUnderGate()
    {
        if (_isIdle)
        {
            Monitor.Pulse(_gate);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The thread's boundary: whatever ends it is told to all who wait.")]
    private void Run()
    {
        var batch = new List<PendingCommit>();
        try
        {
            while (Take(ref batch, out var compactions))
            {
                for (var from = 0; from < batch.Count;)
                {
                    from += CommitSome(batch, from);
                }

                batch.Clear();
                foreach (var (revision, done) in compactions)
                {
                    Compact(revision, done);
                }

                if (_time.GetElapsedTime(_lastTrim) >= TrimInterval)
                {
                    Trim();
                }

                if (_checkpointer.IsReadyToFinish)
                {
                    _checkpointer.Finish(_log);
                }
            }

            _stopped.TrySetResult();
        }
        catch (Exception exception)
        {
            FailAll(exception as StoreException ?? new StoreException($"the store's committer failed: {exception.Message}", exception), batch);
        }
    }

    /// <summary>Waits until there is something to do or a second has passed; false when it is time to end.</summary>
    private bool Take(ref List<PendingCommit> batch, out List<(Revision Revision, TaskCompletionSource Done)> compactions)
    {
        lock (_gate)
        {
            if (_pending.Count == 0 && _compactions.Count == 0 && !_isStopping)
            {
                _isIdle = true;
                Monitor.Wait(_gate, IdleTick);
                _isIdle = false;
            }

            (batch, _pending) = (_pending, batch);
            compactions = _compactions;
            if (compactions.Count > 0)
            {
                _compactions = [];
            }

            return !_isStopping || batch.Count > 0 || compactions.Count > 0;
        }
    }

    /// <summary>Commits waiting transactions with one fsync, as many as fit. Returns how many it dealt with.</summary>
    private int CommitSome(List<PendingCommit> pending, int from)
    {
        var now = _time.GetUtcNow();
        var batch = new CommitBatch(_memory, now);
        var bytes = 0L;
        var count = 0;
        var changesSeen = 0;
        while (from + count < pending.Count && count < _options.BatchMax && bytes < BatchBytesMax)
        {
            var commit = pending[from + count++];
            if (commit.CancellationToken.IsCancellationRequested)
            {
                commit.TrySetCanceled(commit.CancellationToken);
                continue;
            }

            commit.Result = batch.Apply(commit.Transaction);
            for (; changesSeen < batch.Changes.Count; changesSeen++)
            {
                bytes += batch.Changes[changesSeen].Value.Payload.Length;
            }
        }

        var answered = pending.GetRange(from, count);
        if (batch.Changes.Count > 0 && !MakeDurable(batch, bytes, now, answered))
        {
            return count;
        }

        if (batch.Changes.Count > 0)
        {
            _memory.Publish(batch);
        }

        foreach (var commit in answered)
        {
            commit.TrySetResult(commit.Result);
        }

        return count;
    }

    /// <summary>Writes and syncs. False: nothing was done, and the callers have been told.</summary>
    private bool MakeDurable(CommitBatch batch, long bytes, DateTimeOffset now, List<PendingCommit> callers)
    {
        var eaten = 0;
        try
        {
            _log.Begin();
            foreach (var change in batch.Changes)
            {
                _log.Append(change);
            }

            eaten = EatAlong(batch, now);
        }
        catch (SqliteFailure failure) when (!failure.IsCorruption && failure.Code != SQLitePCL.raw.SQLITE_CONSTRAINT)
        {
            Undo(batch, failure, callers);
            return false;
        }

        try
        {
            _log.Commit();
        }
        catch (SqliteFailure failure) when (failure.IsFull)
        {
            // The log's commit frame is the last thing written, so there was no room for it.
            Undo(batch, failure, callers);
            return false;
        }
        catch (SqliteFailure failure)
        {
            throw new StoreOutcomeUnknownException($"the disk failed while committing revision {batch.Revision}; restart to see what it holds: {failure.Message}", failure);
        }

        _unkeptRows += batch.UnkeptRows(_options.Store.WithoutHistory) - eaten;
        _checkpointer.Written(bytes, batch.Changes.Count);
        return true;
    }

    private void Undo(CommitBatch batch, SqliteFailure failure, List<PendingCommit> callers)
    {
        _log.Rollback();
        batch.Discard();
        LogRefused(callers.Count, failure);
        foreach (var caller in callers)
        {
            caller.TrySetException(new StoreUnavailableException($"the write was not done: {failure.Message}", failure));
        }
    }

    /// <summary>Deletes about twice as much as was written, where there is a backlog: it costs no fsync of its own. Returns the rows without history.</summary>
    private int EatAlong(CommitBatch batch, DateTimeOffset now)
    {
        var rows = (batch.Changes.Count * 2) + 8;
        if (_hasExpired)
        {
            _hasExpired = _log.Eat(keptHistory: true, now - _options.Store.HistoryRetention, Revision.None, batch.Revision, rows) == rows;
        }

        return _unkeptRows > UnkeptRowsMax
            ? _log.Eat(keptHistory: false, DateTimeOffset.MaxValue, Revision.None, batch.Revision, rows)
            : 0;
    }

    /// <summary>Every few seconds: lets memory and the file forget what is too old, a slice at a time so that nobody waits long.</summary>
    private void Trim()
    {
        _lastTrim = _time.GetTimestamp();
        _memory.Trim();
        _hasExpired = _log.HasExpired(_time.GetUtcNow() - _options.Store.HistoryRetention);
        while (_hasExpired && !IsAnyoneWaiting())
        {
            _hasExpired = EatSlice(_time.GetUtcNow() - _options.Store.HistoryRetention, Revision.None);
        }
    }

    private void Compact(Revision revision, TaskCompletionSource done)
    {
        if (revision > _memory.CurrentRevision)
        {
            done.TrySetException(new ArgumentOutOfRangeException(nameof(revision), $"cannot compact at {revision}: the store is at {_memory.CurrentRevision}"));
            return;
        }

        _memory.Compact(revision);
        while (EatSlice(DateTimeOffset.MinValue, revision))
        {
        }

        done.TrySetResult();
    }

    /// <summary>Whether there may be more.</summary>
    private bool EatSlice(DateTimeOffset before, Revision upTo)
    {
        try
        {
            _log.Begin();
            var eaten = _log.Eat(keptHistory: true, before, upTo, _memory.CurrentRevision, EatIdleRows);
            _log.Commit();
            return eaten == EatIdleRows;
        }
        catch (SqliteFailure failure) when (failure.IsFull)
        {
            // Deleting needs room in the write-ahead log too. It will be tried again.
            _log.Rollback();
            LogCompactionPostponed(failure);
            return false;
        }
    }

    private bool IsAnyoneWaiting()
    {
        lock (_gate)
        {
            return _pending.Count > 0 || _isStopping;
        }
    }

    private void FailAll(StoreException failure, List<PendingCommit> inHand)
    {
        LogFailed(failure);
        List<PendingCommit> pending;
        List<(Revision Revision, TaskCompletionSource Done)> compactions;
        lock (_gate)
        {
            _failure = failure;
            pending = _pending;
            compactions = _compactions;
            _pending = [];
            _compactions = [];
        }

        foreach (var commit in inHand)
        {
            commit.TrySetException(new StoreOutcomeUnknownException(failure.Message, failure));
        }

        foreach (var commit in pending)
        {
            commit.TrySetException(new StoreUnavailableException(failure.Message, failure));
        }

        foreach (var (_, done) in compactions)
        {
            done.TrySetException(new StoreUnavailableException(failure.Message, failure));
        }

        _memory.Close();
        _stopped.TrySetException(failure);
    }

    [LoggerMessage(StorageEvents.WritesRefused, LogLevel.Error, "{Count} transactions were refused, nothing was written")]
    private partial void LogRefused(int count, Exception exception);

    [LoggerMessage(StorageEvents.CompactionPostponed, LogLevel.Warning, "Compaction is postponed")]
    private partial void LogCompactionPostponed(Exception exception);

    [LoggerMessage(StorageEvents.StoreFailed, LogLevel.Critical, "The store has stopped; restart the process once the cause is gone")]
    private partial void LogFailed(Exception exception);
}
