using Microsoft.Extensions.Logging;

namespace Orchestrator.Storage.Sqlite;

/// <summary>The store in one SQLite file beside its write-ahead log: the default engine. See <see cref="SqliteCommitter"/> for how a write becomes durable.</summary>
public sealed partial class SqliteStore : IStore
{
    private readonly DataDirectoryLock _lock;
    private readonly SqliteLog _log;
    private readonly SqliteCheckpointer _checkpointer;
    private readonly SqliteCommitter _committer;
    private readonly SqliteHistory _history;
    private readonly StoreMemory _memory;
    private readonly string _path;
    private int _isDisposed;

    private SqliteStore(
        DataDirectoryLock directoryLock, SqliteLog log, StoreMemory memory, string path, SqliteStoreOptions options, TimeProvider time, ILogger logger)
    {
        _lock = directoryLock;
        _log = log;
        _memory = memory;
        _path = path;
        _checkpointer = new(path, options.CheckpointBytes, logger);
        _committer = new(log, _checkpointer, memory, log.CountWithoutHistory(), options, time, logger);
        _history = new(path, memory, options);
        _history.Begin(log.Compacted);
        _committer.Start();
    }

    /// <inheritdoc/>
    public Revision CurrentRevision => _memory.CurrentRevision;

    /// <inheritdoc/>
    public Task Completion => _committer.Stopped;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Collections => _memory.Collections;

    /// <summary>Opens the store in a directory, or makes it, and reads it into memory.</summary>
    /// <exception cref="StoreInUseException">Another process has it open.</exception>
    /// <exception cref="StoreCorruptedException">The file is damaged, or is not one of ours.</exception>
    /// <exception cref="StoreUnavailableException">The disk does not let us.</exception>
    public static SqliteStore Open(SqliteStoreOptions options, TimeProvider time, ILogger<SqliteStore> logger)
    {
        // Secrets are in there: for the owner only.
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(options.Directory);
        }
        else
        {
            Directory.CreateDirectory(options.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var directoryLock = DataDirectoryLock.Acquire(options.Directory);
        SqliteLog? log = null;
        try
        {
            var started = time.GetTimestamp();
            var path = Path.Combine(options.Directory, "state.db");
            log = SqliteLog.Open(path, options.Store);
            var memory = new StoreMemory(options.Store, time);
            log.Load(memory);
            var store = new SqliteStore(directoryLock, log, memory, path, options, time, logger);
            LogOpened(logger, path, memory.CurrentRevision, memory.States.Sum(state => state.Published.Count), time.GetElapsedTime(started));
            return store;
        }
        catch
        {
            log?.Dispose();
            directoryLock.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<CommitResult>(cancellationToken)
            : new(_committer.CommitAsync(transaction, cancellationToken));

    /// <inheritdoc/>
    public CollectionSnapshot Snapshot(string collection) => _memory.Snapshot(collection);

    /// <inheritdoc/>
    public async ValueTask<SnapshotAtResult> SnapshotAtAsync(string collection, Revision revision, CancellationToken cancellationToken)
    {
        await _memory.WaitForRevisionAsync(revision, cancellationToken);
        if (_memory.SnapshotAt(collection, revision) is { } inMemory)
        {
            return new(inMemory);
        }

        var fromDisk = await _history.SnapshotAtAsync(collection, revision, cancellationToken);
        if (fromDisk is not null)
        {
            _memory.Collection(collection).Remember(fromDisk);
        }

        return new(fromDisk);
    }

    /// <inheritdoc/>
    public ValueTask SyncAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask WaitForRevisionAsync(Revision revision, CancellationToken cancellationToken) =>
        _memory.WaitForRevisionAsync(revision, cancellationToken);

    /// <inheritdoc/>
    public IWatch Watch(string collection, WatchScope scope, Revision after) => _memory.Watch(collection, scope, after, _history);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<HistoryEntry>> HistoryAsync(StoreKey key, CancellationToken cancellationToken) =>
        _history.HistoryAsync(key, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask CompactAsync(Revision revision, CancellationToken cancellationToken)
    {
        await _committer.CompactAsync(revision).WaitAsync(cancellationToken);
        _history.Begin(Revision.Max(revision, _log.Compacted));
    }

    /// <inheritdoc/>
    public async ValueTask<Revision> BackupAsync(string path, CancellationToken cancellationToken)
    {
        var revision = CurrentRevision;
        await SqliteBackup.WriteAsync(_path, path, cancellationToken);
        return revision;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _committer.Stop();
        await ((Task)_committer.Stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // Completion tells.
        _memory.Close();
        await _checkpointer.StopAsync();
        _history.Dispose();
        _log.Dispose();
        _lock.Dispose();
    }

    [LoggerMessage(StorageEvents.StoreOpened, LogLevel.Information, "Opened {Path} at revision {Revision}: {Count} values in {Elapsed}")]
    private static partial void LogOpened(ILogger logger, string path, Revision revision, int count, TimeSpan elapsed);
}
