using SQLitePCL;

namespace Orchestrator.Storage.Sqlite;

/// <summary>
/// One connection, straight on SQLite's C interface: Microsoft.Data.Sqlite's parameter objects and readers would cost more than SQLite
/// itself does for a row. Used by one thread at a time.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly List<SqliteStatement> _statements = [];

    private SqliteDatabase(sqlite3 handle, string path)
    {
        _handle = handle;
        Path = path;
    }

    public string Path { get; }

    public static SqliteDatabase Open(string path, bool readOnly)
    {
        Batteries_V2.Init();
        var flags = raw.SQLITE_OPEN_NOMUTEX | (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        var code = raw.sqlite3_open_v2(path, out var handle, flags, null);
        var database = new SqliteDatabase(handle, path);
        if (code != raw.SQLITE_OK)
        {
            var failure = database.Failure("open", code);
            database.Dispose();
            throw failure;
        }

        // Only checkpoints and backups of our own process can be in the way, and those do not last.
        raw.sqlite3_busy_timeout(handle, 10_000);
        return database;
    }

    /// <summary>Whether no transaction is open; SQLite ends one by itself after some errors.</summary>
    public bool IsAutocommit => raw.sqlite3_get_autocommit(_handle) != 0;

    /// <summary>Prepares a statement that lives as long as the connection.</summary>
    public SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle), sql);
        var statement = new SqliteStatement(this, handle, sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Prepares a statement that the caller disposes.</summary>
    public SqliteStatement Query(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out var handle), sql);
        return new(this, handle, sql);
    }

    /// <summary>Runs statements that return nothing.</summary>
    public void Execute(string sql)
    {
        var code = raw.sqlite3_exec(_handle, sql);
        Check(code, sql);
    }

    /// <summary>Runs a statement and returns the first column of its first row.</summary>
    public long QueryLong(string sql)
    {
        using var statement = Query(sql);
        return statement.Step() ? statement.Long(0) : 0;
    }

    /// <summary>Copies what the write-ahead log holds into the database file as far as nobody is in the way.</summary>
    /// <returns>Frames in the log, and how many of them have been copied.</returns>
    public (int Frames, int Copied) CheckpointPassive()
    {
        Check(raw.sqlite3_wal_checkpoint_v2(_handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out var frames, out var copied), "checkpoint");
        return (frames, copied);
    }

    public void Check(int code, string what)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw Failure(what, code);
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements)
        {
            statement.Dispose();
        }

        raw.sqlite3_close_v2(_handle);
    }

    private SqliteFailure Failure(string what, int code) =>
        new(code, $"SQLite cannot do '{what}' on {Path}: {raw.sqlite3_errmsg(_handle).utf8_to_string()} (code {raw.sqlite3_extended_errcode(_handle)})");
}
