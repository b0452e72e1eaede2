namespace Orchestrator.Storage.Sqlite;

/// <summary>Copies of the store's file: made while it is in use, and put in place again.</summary>
public static class SqliteBackup
{
    /// <summary>
    /// Puts a backup into a data directory that has no store yet. Clients remember revisions from after the backup was made;
    /// <paramref name="revisionBump"/> moves the store past them, so that their watches are told to list again rather than to wait.
    /// </summary>
    /// <exception cref="StoreInUseException">The directory has a store, or one is being opened there.</exception>
    /// <exception cref="StoreCorruptedException">The backup is damaged.</exception>
    public static void Restore(string backup, string directory, long revisionBump)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(revisionBump);
        Directory.CreateDirectory(directory);
        using var directoryLock = DataDirectoryLock.Acquire(directory);
        var target = Path.Combine(directory, "state.db");
        if (File.Exists(target))
        {
            throw new StoreInUseException($"{directory} has a store already; move it away first");
        }

        var partial = target + ".partial";
        File.Copy(backup, partial, overwrite: true);
        try
        {
            Check(partial);
            Bump(partial, revisionBump);
        }
        catch (SqliteFailure failure)
        {
            throw new StoreCorruptedException($"{backup} is damaged or not a backup: {failure.Message}", failure);
        }

        Sync(partial);
        File.Move(partial, target);
    }

    internal static async Task WriteAsync(string source, string target, CancellationToken cancellationToken)
    {
        if (File.Exists(target))
        {
            throw new IOException($"{target} exists already; a backup does not overwrite");
        }

        var partial = target + ".partial";
        File.Delete(partial);
        try
        {
            await Task.Run(() => Copy(source, partial), cancellationToken);
            File.Move(partial, target);
        }
        catch (SqliteFailure failure)
        {
            throw new StoreUnavailableException($"the backup was not made: {failure.Message}", failure);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static void Copy(string source, string partial)
    {
        using (var database = SqliteDatabase.Open(source, readOnly: true))
        {
            // A read transaction for as long as it takes, in which the write-ahead log can grow but nobody has to wait.
            database.Execute($"VACUUM INTO '{partial.Replace("'", "''", StringComparison.Ordinal)}'");
        }

        Sync(partial);
    }

    private static void Check(string path)
    {
        using var database = SqliteDatabase.Open(path, readOnly: true);
        if (database.QueryLong("PRAGMA application_id") != SqliteSchema.ApplicationId)
        {
            throw new StoreCorruptedException($"{path} is not a backup of a store");
        }

        using var check = database.Query("PRAGMA integrity_check(1)");
        if (!check.Step() || check.Text(0) is var verdict && verdict != "ok")
        {
            throw new StoreCorruptedException($"{path} is damaged: {check.Text(0)}");
        }
    }

    private static void Bump(string path, long revisionBump)
    {
        using var database = SqliteDatabase.Open(path, readOnly: false);
        var current = Math.Max(
            database.QueryLong($"SELECT value FROM meta WHERE key = '{SqliteSchema.MetaRevision}'"),
            RowId.RevisionOf(database.QueryLong("SELECT max(id) FROM log")).Value);
        var bumped = Math.Max(Revision.First.Value, current) + revisionBump;
        database.Execute($"""
            PRAGMA journal_mode=DELETE;
            BEGIN IMMEDIATE;
            INSERT INTO meta(key, value) VALUES('{SqliteSchema.MetaRevision}', {bumped}) ON CONFLICT(key) DO UPDATE SET value = excluded.value;
            INSERT INTO meta(key, value) VALUES('{SqliteSchema.MetaCompacted}', {bumped}) ON CONFLICT(key) DO UPDATE SET value = excluded.value;
            COMMIT;
            """);
    }

    private static void Sync(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }
}
