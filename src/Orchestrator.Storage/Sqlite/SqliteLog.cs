namespace Orchestrator.Storage.Sqlite;

/// <summary>The writing side of the file: reads it all at start, then appends batches and eats the past. The committer thread's alone.</summary>
internal sealed class SqliteLog : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly StoreOptions _options;
    private readonly Dictionary<string, (long Id, bool KeepsHistory)> _collections = new(StringComparer.Ordinal);
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _rollback;
    private readonly SqliteStatement _append;
    private readonly SqliteStatement _supersede;
    private readonly SqliteStatement _oldest;
    private readonly SqliteStatement _forget;
    private readonly SqliteStatement _delete;
    private readonly SqliteStatement _setMeta;
    private readonly SqliteStatement _addCollection;
    private readonly List<string> _collectionsAddedInTransaction = [];
    private readonly List<(long Revision, long Id)> _eaten = [];

    private SqliteLog(SqliteDatabase database, StoreOptions options)
    {
        _database = database;
        _options = options;
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _rollback = database.Prepare("ROLLBACK");
        _append = database.Prepare(
            "INSERT INTO log(id, collection, kind, name, created, previous, time, crc, value) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
        _supersede = database.Prepare("INSERT INTO superseded(kept, revision, id, time) VALUES(?1, ?2, ?3, ?4)");
        _oldest = database.Prepare("SELECT revision, id, time FROM superseded WHERE kept = ?1 ORDER BY revision, id LIMIT ?2");
        _forget = database.Prepare("DELETE FROM superseded WHERE kept = ?1 AND revision = ?2 AND id = ?3");
        _delete = database.Prepare("DELETE FROM log WHERE id = ?1");
        _setMeta = database.Prepare("INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value");
        _addCollection = database.Prepare("INSERT INTO collection(id, name) VALUES(?1, ?2)");
    }

    /// <summary>What was superseded at or before this revision may be gone.</summary>
    public Revision Compacted { get; private set; } = Revision.None;

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="StoreCorruptedException">It is not one of ours, is newer than this program, or is damaged.</exception>
    public static SqliteLog Open(string path, StoreOptions options)
    {
        SqliteDatabase? database = null;
        try
        {
            database = SqliteDatabase.Open(path, readOnly: false);
            Prepare(database);
            return new(database, options);
        }
        catch (SqliteFailure failure) when (failure.IsCorruption)
        {
            database?.Dispose();
            throw new StoreCorruptedException($"{path} is damaged or not a database: {failure.Message}", failure);
        }
        catch (SqliteFailure failure)
        {
            database?.Dispose();
            throw new StoreUnavailableException(failure.Message, failure);
        }
        catch
        {
            database?.Dispose();
            throw;
        }
    }

    /// <summary>Fills memory with the current values.</summary>
    /// <exception cref="StoreCorruptedException">What is read contradicts itself.</exception>
    public void Load(StoreMemory memory)
    {
        try
        {
            LoadRows(memory);
        }
        catch (SqliteFailure failure)
        {
            throw failure.IsCorruption
                ? new StoreCorruptedException($"{_database.Path} is damaged: {failure.Message}", failure)
                : new StoreUnavailableException(failure.Message, failure);
        }
    }

    /// <summary>How many superseded rows there are of collections that keep no history.</summary>
    public long CountWithoutHistory() => _database.QueryLong("SELECT count(*) FROM superseded WHERE kept = 0");

    /// <summary>Whether history has something from before a time.</summary>
    public bool HasExpired(DateTimeOffset before)
    {
        var has = _oldest.Bind(1, 1).Bind(2, 1).Step() && _oldest.Long(2) < before.ToUnixTimeMilliseconds();
        _oldest.Reset();
        return has;
    }

    /// <summary>Starts a transaction of the file.</summary>
    public void Begin() => _begin.Run();

    /// <summary>Makes it durable: the one fsync for all that was appended since <see cref="Begin"/>.</summary>
    public void Commit()
    {
        _commit.Run();
        _collectionsAddedInTransaction.Clear();
    }

    /// <summary>Undoes it. Does nothing if SQLite has done that by itself, as it does after some errors.</summary>
    public void Rollback()
    {
        if (!_database.IsAutocommit)
        {
            _rollback.Run();
        }

        foreach (var name in _collectionsAddedInTransaction)
        {
            _collections.Remove(name);
        }

        _collectionsAddedInTransaction.Clear();
    }

    /// <summary>Adds a change.</summary>
    public void Append(ChangeEvent change)
    {
        var key = change.Value.Key;
        var (collection, keepsHistory) = Collection(key.Collection);
        var row = RowId.Of(change);
        var isDeletion = change.Kind == ChangeKind.Deleted;
        var kind = change.Kind switch { ChangeKind.Created => RowKind.Created, ChangeKind.Modified => RowKind.Modified, _ => RowKind.Deleted };
        var previous = change.Previous is null ? 0 : RowId.Of(change.Previous);
        var time = change.Time.ToUnixTimeMilliseconds();
        var stored = isDeletion ? default : _options.Transformer?.Seal(key, change.Value.Payload) ?? change.Value.Payload;

        _append.Bind(1, row).Bind(2, collection).Bind(3, (long)kind).Bind(4, key.Name).Bind(5, change.Value.CreateRevision.Value)
            .Bind(6, previous).Bind(7, time).Bind(8, RowChecksum.Compute(row, (int)kind, key.Name, stored.Span));
        _ = isDeletion ? _append.BindNull(9) : _append.Bind(9, stored.Span);
        _append.Run();
        if (previous != 0)
        {
            Supersede(keepsHistory, change.Revision, previous, time);
        }

        if (isDeletion)
        {
            Supersede(keepsHistory, change.Revision, row, time);
        }
    }

    /// <summary>Deletes superseded rows from the front, inside the caller's transaction.</summary>
    /// <param name="keptHistory">Whether of collections that keep history, or of the others.</param>
    /// <param name="before">Only what was superseded before this time.</param>
    /// <param name="upTo">Or what was superseded at or before this revision.</param>
    /// <param name="current">The store's revision.</param>
    /// <param name="rowsMax">The most rows to delete.</param>
    /// <returns>How many were deleted; fewer than asked for means there are no more.</returns>
    public int Eat(bool keptHistory, DateTimeOffset before, Revision upTo, Revision current, int rowsMax)
    {
        var kept = keptHistory ? 1 : 0;
        var cutoff = before.ToUnixTimeMilliseconds();
        _eaten.Clear();
        _oldest.Bind(1, kept).Bind(2, rowsMax);
        while (_oldest.Step())
        {
            var revision = _oldest.Long(0);
            if (_oldest.Long(2) >= cutoff && revision > upTo.Value)
            {
                _oldest.Reset();
                break;
            }

            _eaten.Add((revision, _oldest.Long(1)));
        }

        foreach (var (revision, id) in _eaten)
        {
            _delete.Bind(1, id).Run();
            _forget.Bind(1, kept).Bind(2, revision).Bind(3, id).Run();
        }

        if (_eaten.Count > 0)
        {
            _setMeta.Bind(1, SqliteSchema.MetaRevision).Bind(2, current.Value).Run();
            if (keptHistory)
            {
                Compacted = Revision.Max(Compacted, new(_eaten[^1].Revision));
                _setMeta.Bind(1, SqliteSchema.MetaCompacted).Bind(2, Compacted.Value).Run();
            }
        }

        return _eaten.Count;
    }

    public void Dispose() => _database.Dispose();

    /// <summary>Copies the write-ahead log into the file; see <see cref="SqliteDatabase.CheckpointPassive"/>.</summary>
    public (int Frames, int Copied) Checkpoint() => _database.CheckpointPassive();

    private static void Prepare(SqliteDatabase database)
    {
        var isNew = database.QueryLong("PRAGMA schema_version") == 0;
        if (isNew)
        {
            database.Execute(SqliteSchema.BeforeTables);
        }

        if (!isNew)
        {
            var application = database.QueryLong("PRAGMA application_id");
            var version = database.QueryLong("PRAGMA user_version");
            if (application != SqliteSchema.ApplicationId || version != SqliteSchema.Version)
            {
                throw new StoreCorruptedException(
                    $"{database.Path} is not a store that this program can read: application id {application:x8}, layout {version}; wanted {SqliteSchema.ApplicationId:x8}, layout {SqliteSchema.Version}");
            }
        }

        // Checkpoints are ours to time (see Checkpointer); 256 MiB is what the log may keep on disk once it has been that long.
        database.Execute("""
            PRAGMA journal_mode=WAL;
            PRAGMA synchronous=FULL;
            PRAGMA wal_autocheckpoint=0;
            PRAGMA journal_size_limit=268435456;
            PRAGMA cache_size=-16384;
            PRAGMA temp_store=MEMORY;
            """);
        if (isNew)
        {
            database.Execute($"""
                BEGIN IMMEDIATE;
                {SqliteSchema.Tables}
                PRAGMA application_id={SqliteSchema.ApplicationId};
                PRAGMA user_version={SqliteSchema.Version};
                COMMIT;
                """);
        }
    }

    private void LoadRows(StoreMemory memory)
    {
        using var names = _database.Query("SELECT id, name FROM collection");
        var byId = new Dictionary<long, string>();
        while (names.Step())
        {
            byId.Add(names.Long(0), names.Text(1));
            _collections.Add(names.Text(1), (names.Long(0), KeepsHistory(names.Text(1))));
        }

        Compacted = new(_database.QueryLong($"SELECT value FROM meta WHERE key = '{SqliteSchema.MetaCompacted}'"));
        var revision = Revision.Max(
            Revision.Max(Revision.First, new(_database.QueryLong($"SELECT value FROM meta WHERE key = '{SqliteSchema.MetaRevision}'"))),
            RowId.RevisionOf(_database.QueryLong("SELECT max(id) FROM log")));
        memory.BeginLoad(revision);

        var superseded = new HashSet<long>((int)_database.QueryLong("SELECT count(*) FROM superseded"));
        using var ids = _database.Query("SELECT id FROM superseded");
        while (ids.Step())
        {
            superseded.Add(ids.Long(0));
        }

        using var rows = _database.Query("SELECT id, collection, kind, name, created, crc, value FROM log ORDER BY id");
        while (rows.Step())
        {
            var row = rows.Long(0);
            if (superseded.Contains(row))
            {
                continue;
            }

            var value = ReadValue(row, byId, rows);
            if (memory.Collection(value.Key.Collection).Builder.Put(value) is { } twice)
            {
                throw new StoreCorruptedException($"{_database.Path} has two current rows for {value.Key}: {RowId.Of(twice)} and {row}");
            }
        }

        memory.PublishLoaded(revision);
    }

    private StoredValue ReadValue(long row, Dictionary<long, string> collections, SqliteStatement rows)
    {
        if (!collections.TryGetValue(rows.Long(1), out var collection) || rows.Long(2) == (long)RowKind.Deleted)
        {
            throw new StoreCorruptedException($"{_database.Path}, row {row}: collection {rows.Long(1)}, kind {rows.Long(2)} cannot be current");
        }

        return SqliteRow.Value(new(collection, rows.Text(3)), row, (int)rows.Long(2), rows.Long(4), rows.Long(5), rows.Blob(6), _options.Transformer, _database.Path);
    }

    private void Supersede(bool keepsHistory, Revision revision, long row, long time) =>
        _supersede.Bind(1, keepsHistory ? 1 : 0).Bind(2, revision.Value).Bind(3, row).Bind(4, time).Run();

    private (long Id, bool KeepsHistory) Collection(string name)
    {
        if (_collections.TryGetValue(name, out var collection))
        {
            return collection;
        }

        collection = (_collections.Count + 1, KeepsHistory(name));
        _addCollection.Bind(1, collection.Id).Bind(2, name).Run();
        _collections.Add(name, collection);
        _collectionsAddedInTransaction.Add(name);
        return collection;
    }

    private bool KeepsHistory(string collection) => !_options.WithoutHistory.Contains(collection);
}
