namespace Orchestrator.Storage.Sqlite;

/// <summary>The primary key of a row in the log: the revision and the operation within its transaction, so that rows lie in the order of history.</summary>
internal static class RowId
{
    private const int OperationBits = 10; // Transaction.OperationsMax

    public static long Of(StoredValue value) => Of(value.ModRevision, value.OperationIndex);

    public static long Of(ChangeEvent change) => Of(change.Revision, change.OperationIndex);

    public static long Of(Revision revision, int operation) => (revision.Value << OperationBits) | (uint)operation;

    /// <summary>The first row of a revision, whether it exists or not.</summary>
    public static long First(Revision revision) => revision.Value << OperationBits;

    public static Revision RevisionOf(long row) => new(row >> OperationBits);

    public static int OperationOf(long row) => (int)(row & ((1 << OperationBits) - 1));
}
