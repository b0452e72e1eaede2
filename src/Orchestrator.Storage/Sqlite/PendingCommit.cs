namespace Orchestrator.Storage.Sqlite;

/// <summary>A transaction whose caller waits.</summary>
internal sealed class PendingCommit(Transaction transaction, CancellationToken cancellationToken)
    : TaskCompletionSource<CommitResult>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public Transaction Transaction { get; } = transaction;

    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>How it came out, if its batch becomes durable.</summary>
    public CommitResult Result { get; set; }
}
