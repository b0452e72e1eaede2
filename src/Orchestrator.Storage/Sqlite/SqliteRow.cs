namespace Orchestrator.Storage.Sqlite;

/// <summary>Turns a row of the log into a value.</summary>
internal static class SqliteRow
{
    /// <summary>Makes the value of a row that has one.</summary>
    /// <exception cref="StoreCorruptedException">The checksum does not fit, or the value cannot be opened.</exception>
    public static StoredValue Value(
        StoreKey key, long row, int kind, long created, long checksum, ReadOnlySpan<byte> stored, IValueTransformer? transformer, string path)
    {
        if (RowChecksum.Compute(row, kind, key.Name, stored) != checksum)
        {
            throw new StoreCorruptedException($"{path}: the value of {key} at revision {RowId.RevisionOf(row)} (row {row}) is damaged: its checksum does not fit");
        }

        ReadOnlyMemory<byte> payload = stored.ToArray();
        return new(key, transformer?.Open(key, payload) ?? payload, new(created), RowId.RevisionOf(row), RowId.OperationOf(row), attachment: null);
    }
}
