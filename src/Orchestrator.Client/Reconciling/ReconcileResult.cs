using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>How a pass ended.</summary>
public readonly record struct ReconcileResult
{
    private ReconcileResult(bool retry, TimeSpan? after, Status? error)
    {
        IsRetry = retry;
        After = after;
        Error = error;
    }

    /// <summary>All is as it should be; the next event starts the next pass.</summary>
    public static ReconcileResult Done => default;

    /// <summary>Try again, later each time.</summary>
    public static ReconcileResult Retry => new(true, null, null);

    public bool IsRetry { get; }

    /// <summary>When to look again although nothing happened.</summary>
    public TimeSpan? After { get; }

    /// <summary>What went wrong, for the log.</summary>
    public Status? Error { get; }

    public static ReconcileResult RevisitAfter(TimeSpan time) => new(false, time, null);

    /// <summary>Try again since the server refused something.</summary>
    public static ReconcileResult Failed(Status error) => new(true, null, error);

    public static implicit operator ReconcileResult(Status error) => Failed(error);
}
