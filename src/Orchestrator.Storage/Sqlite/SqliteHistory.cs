using Orchestrator.Storage.Indexing;
using Orchestrator.Storage.Watching;

namespace Orchestrator.Storage.Sqlite;

/// <summary>Reads the past back from the file, on a connection of its own, one question at a time.</summary>
internal sealed class SqliteHistory(string path, StoreMemory memory, SqliteStoreOptions options) : IEventHistory, IDisposable
{
    // A watch that would need more than this from disk is better off with a new list.
    private const int EventsMax = 65_536;

    private readonly SemaphoreSlim _turn = new(1);
    private SqliteDatabase? _database;
    private long _compacted;

    /// <summary>Sets what is known to be gone at start.</summary>
    public void Begin(Revision compacted) => _compacted = compacted.Value;

    public bool Reaches(string collection, Revision after) =>
        !options.Store.WithoutHistory.Contains(collection) && after.Value >= Volatile.Read(ref _compacted);

    public async ValueTask<IReadOnlyList<ChangeEvent>?> ReadEventsAsync(
        string collection, Revision after, Revision upTo, CancellationToken cancellationToken) =>
        await ReadAsync(database => ReadEvents(database, collection, after, upTo), cancellationToken);

    /// <summary>The collection at a revision before the window; null if that is gone.</summary>
    public async ValueTask<CollectionSnapshot?> SnapshotAtAsync(string collection, Revision revision, CancellationToken cancellationToken) =>
        Reaches(collection, revision) ? await ReadAsync(database => SnapshotAt(database, collection, revision), cancellationToken) : null;

    /// <summary>A key's past, oldest first.</summary>
    public ValueTask<IReadOnlyList<HistoryEntry>> HistoryAsync(StoreKey key, CancellationToken cancellationToken) =>
        ReadAsync(database => HistoryOf(database, key), cancellationToken);

    public void Dispose()
    {
        _database?.Dispose();
        _turn.Dispose();
    }

    private async ValueTask<T> ReadAsync<T>(Func<SqliteDatabase, T> read, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(
                () =>
                {
                    var database = _database ??= SqliteDatabase.Open(path, readOnly: true);

                    // One read transaction, so that compaction cannot take rows away between two statements.
                    database.Execute("BEGIN");
                    try
                    {
                        Volatile.Write(ref _compacted, database.QueryLong($"SELECT value FROM meta WHERE key = '{SqliteSchema.MetaCompacted}'"));
                        return read(database);
                    }
                    finally
                    {
                        database.Execute("COMMIT");
                    }
                },
                cancellationToken);
        }
        catch (SqliteFailure failure)
        {
            throw failure.IsCorruption
                ? new StoreCorruptedException($"{path} is damaged: {failure.Message}", failure)
                : new StoreUnavailableException(failure.Message, failure);
        }
        finally
        {
            _turn.Release();
        }
    }

    private List<ChangeEvent>? ReadEvents(SqliteDatabase database, string collection, Revision after, Revision upTo)
    {
        if (!Reaches(collection, after))
        {
            return null;
        }

        var found = new List<(long Row, long Previous)>();
        using (var rows = database.Query("SELECT id, previous FROM log WHERE id >= ?1 AND id < ?2 AND collection = ?3 ORDER BY id LIMIT ?4"))
        {
            rows.Bind(1, RowId.First(new(after.Value + 1))).Bind(2, RowId.First(new(upTo.Value + 1)))
                .Bind(3, CollectionId(database, collection)).Bind(4, EventsMax + 1);
            while (rows.Step())
            {
                found.Add((rows.Long(0), rows.Long(1)));
            }
        }

        if (found.Count > EventsMax)
        {
            return null;
        }

        using var reader = new RowReader(database, collection, options.Store.Transformer);
        var values = new Dictionary<long, StoredValue?>();
        var events = new List<ChangeEvent>(found.Count);
        foreach (var (row, previousRow) in found)
        {
            var change = reader.Read(row)!.Value;
            var previous = previousRow == 0 ? null : values.GetValueOrDefault(previousRow) ?? reader.Read(previousRow)?.Value;
            values[row] = change.Value;
            var kind = change.ChangeKind;
            if ((change.Value ?? previous) is not { } value || (kind != ChangeKind.Created && previous is null))
            {
                return null; // What it superseded was compacted under a shorter retention: the caller lists again.
            }

            events.Add(new ChangeEvent(kind, RowId.RevisionOf(row), value, kind == ChangeKind.Created ? null : previous)
            {
                OperationIndex = RowId.OperationOf(row),
                Time = change.Time,
            });
        }

        return events;
    }

    private CollectionSnapshot? SnapshotAt(SqliteDatabase database, string collection, Revision revision)
    {
        if (!Reaches(collection, revision))
        {
            return null;
        }

        // Today's values that were there already stay, today's newer ones go, and those that have been superseded since come back.
        var now = memory.Snapshot(collection);
        var builder = new IndexBuilder(now.Root);
        foreach (var value in now)
        {
            if (value.ModRevision > revision)
            {
                builder.Remove(value.Name);
            }
        }

        using var reader = new RowReader(database, collection, options.Store.Transformer);
        using var rows = database.Query(
            "SELECT log.id FROM superseded JOIN log ON log.id = superseded.id WHERE kept = 1 AND superseded.revision > ?1 AND log.id < ?2 AND log.collection = ?3 AND log.kind <> 3");
        rows.Bind(1, revision.Value).Bind(2, RowId.First(new(revision.Value + 1))).Bind(3, CollectionId(database, collection));
        while (rows.Step())
        {
            builder.Put(reader.Read(rows.Long(0))!.Value.Value!);
        }

        return new(collection, revision, builder.Publish());
    }

    private IReadOnlyList<HistoryEntry> HistoryOf(SqliteDatabase database, StoreKey key)
    {
        // Each life of the key is a chain of rows that leads back from its last: the current value, or a deletion.
        var lastRows = new List<long>();
        if (memory.Snapshot(key.Collection).Find(key.Name) is { } current)
        {
            lastRows.Add(RowId.Of(current));
        }

        using (var deletions = database.Query("SELECT id FROM log WHERE collection = ?1 AND name = ?2 AND kind = 3"))
        {
            deletions.Bind(1, CollectionId(database, key.Collection)).Bind(2, key.Name);
            while (deletions.Step())
            {
                lastRows.Add(deletions.Long(0));
            }
        }

        using var reader = new RowReader(database, key.Collection, options.Store.Transformer);
        var entries = new SortedDictionary<long, HistoryEntry>();
        foreach (var last in lastRows)
        {
            (long Row, RowReader.Row Read)? deletion = null;
            for (var row = last; row != 0;)
            {
                var read = reader.Read(row);
                if (deletion is var (deletedRow, deleted))
                {
                    entries.Add(deletedRow, new(RowId.RevisionOf(deletedRow), deleted.Time, ChangeKind.Deleted, read?.Value));
                    deletion = null;
                }

                if (read is not { } found)
                {
                    break; // Compacted.
                }

                if (found.Value is null)
                {
                    deletion = (row, found);
                }
                else
                {
                    entries.Add(row, new(RowId.RevisionOf(row), found.Time, found.ChangeKind, found.Value));
                }

                row = found.Previous;
            }
        }

        return [.. entries.Values];
    }

    private static long CollectionId(SqliteDatabase database, string collection)
    {
        using var ids = database.Query("SELECT id FROM collection WHERE name = ?1");
        return ids.Bind(1, collection).Step() ? ids.Long(0) : -1;
    }
}
