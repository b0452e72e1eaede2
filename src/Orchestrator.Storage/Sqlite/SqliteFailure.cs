using SQLitePCL;

namespace Orchestrator.Storage.Sqlite;

/// <summary>An error from SQLite, before the engine has decided what it means for the store.</summary>
internal sealed class SqliteFailure(int code, string message) : Exception(message)
{
    /// <summary>SQLite's primary result code.</summary>
    public int Code { get; } = code & 0xff;

    /// <summary>Whether the file is damaged or not a database.</summary>
    public bool IsCorruption => Code is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    /// <summary>Whether the disk or a quota is full.</summary>
    public bool IsFull => Code is raw.SQLITE_FULL;
}
