namespace Orchestrator.Storage.Sqlite;

/// <summary>Reads single rows of one collection.</summary>
internal sealed class RowReader(SqliteDatabase database, string collection, IValueTransformer? transformer) : IDisposable
{
    private readonly SqliteStatement _row = database.Query("SELECT kind, name, created, previous, time, crc, value FROM log WHERE id = ?1");

    /// <summary>The row, or null if it is gone.</summary>
    public Row? Read(long row)
    {
        if (!_row.Bind(1, row).Step())
        {
            return null;
        }

        var kind = (int)_row.Long(0);
        var value = kind == (int)RowKind.Deleted
            ? null
            : SqliteRow.Value(new(collection, _row.Text(1)), row, kind, _row.Long(2), _row.Long(5), _row.Blob(6), transformer, database.Path);
        var read = new Row(kind, _row.Long(3), DateTimeOffset.FromUnixTimeMilliseconds(_row.Long(4)), value);
        _row.Reset();
        return read;
    }

    public void Dispose() => _row.Dispose();

    /// <summary>A row; a deletion has no value.</summary>
    public readonly record struct Row(int Kind, long Previous, DateTimeOffset Time, StoredValue? Value)
    {
        public ChangeKind ChangeKind => (RowKind)Kind switch
        {
            RowKind.Created => ChangeKind.Created,
            RowKind.Modified => ChangeKind.Modified,
            RowKind.Deleted => ChangeKind.Deleted,
            _ => throw new StoreCorruptedException($"a row of the log has the unknown kind {Kind}"),
        };
    }
}
