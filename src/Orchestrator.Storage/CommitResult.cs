namespace Orchestrator.Storage;

/// <summary>What became of a transaction: committed and durable, or the first operation whose expectation failed.</summary>
public readonly struct CommitResult
{
    private readonly object? _values;

    private CommitResult(Revision revision, int failedOperation, object? values)
    {
        Revision = revision;
        FailedOperation = failedOperation;
        _values = values;
    }

    /// <summary>Whether all of it was done. It is durable and visible to reads and watches when the caller sees this.</summary>
    public bool IsCommitted => FailedOperation < 0;

    /// <summary>The transaction's revision; if it failed or only checked, the store's revision at which that was decided.</summary>
    public Revision Revision { get; }

    /// <summary>The index of the first operation whose expectation did not hold, or -1.</summary>
    public int FailedOperation { get; }

    /// <summary>If it failed: what is stored under the failed operation's key, null if nothing is.</summary>
    public StoredValue? Current => IsCommitted ? null : (StoredValue?)_values;

    /// <summary>If it was committed: the first operation's value, see <see cref="this[int]"/>.</summary>
    public StoredValue? Value => this[0];

    /// <summary>If it was committed: the value that a put wrote, that a delete removed, or that a check found.</summary>
    public StoredValue? this[int operation] => !IsCommitted ? null : _values is StoredValue?[] many ? many[operation] : (StoredValue?)_values;

    internal static CommitResult Committed(Revision revision, StoredValue? value) => new(revision, -1, value);

    internal static CommitResult Committed(Revision revision, StoredValue?[] values) => new(revision, -1, values);

    internal static CommitResult Failed(Revision revision, int operation, StoredValue? current) => new(revision, operation, current);
}
