namespace Orchestrator.Storage.Sqlite;

/// <summary>
/// The file's layout. The log has a row per change, appended in the order of history; nothing is overwritten, so a commit touches the log's
/// last pages only and not one page per key. Which rows are no longer current is appended to <c>superseded</c>, whose front is where
/// compaction eats.
/// </summary>
internal static class SqliteSchema
{
    /// <summary>"Orch": tells our files from other SQLite databases.</summary>
    public const int ApplicationId = 0x4f726368;

    /// <summary>The layout's version.</summary>
    public const int Version = 1;

    /// <summary>Has to precede the first table. 8 KiB measured best for values around 3 KB: two to a page.</summary>
    public const string BeforeTables = "PRAGMA page_size=8192;";

    /// <summary>
    /// Columns of <c>log</c>: <c>id</c> see <see cref="RowId"/>; <c>created</c> the create revision; <c>previous</c> the row that this one
    /// superseded, 0 if none; <c>time</c> in Unix milliseconds; <c>crc</c> see <see cref="RowChecksum"/>. Of <c>superseded</c>: <c>kept</c>
    /// whether the collection keeps history; <c>revision</c> and <c>time</c> of when; <c>id</c> the row. A deletion's row is superseded at
    /// once: it is history from the start.
    /// </summary>
    public const string Tables = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE collection(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE log(
            id INTEGER PRIMARY KEY, collection INTEGER NOT NULL, kind INTEGER NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,
            previous INTEGER NOT NULL, time INTEGER NOT NULL, crc INTEGER NOT NULL, value BLOB);
        CREATE TABLE superseded(
            kept INTEGER NOT NULL, revision INTEGER NOT NULL, id INTEGER NOT NULL, time INTEGER NOT NULL,
            PRIMARY KEY(kept, revision, id)) WITHOUT ROWID;
        CREATE INDEX log_deleted ON log(collection, name) WHERE kind = 3;
        """;

    /// <summary>In <c>meta</c>: the revision at the last compaction, since the row that carried it may be gone.</summary>
    public const string MetaRevision = "revision";

    /// <summary>In <c>meta</c>: what was superseded at or before this revision may be gone.</summary>
    public const string MetaCompacted = "compacted";
}
