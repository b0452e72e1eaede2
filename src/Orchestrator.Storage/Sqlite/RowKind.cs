namespace Orchestrator.Storage.Sqlite;

/// <summary>What a row in the log says. Stored on disk: the numbers stay.</summary>
internal enum RowKind
{
    /// <summary>A key appeared.</summary>
    Created = 1,

    /// <summary>A key was overwritten.</summary>
    Modified = 2,

    /// <summary>A key disappeared; there is no value.</summary>
    Deleted = 3,
}
