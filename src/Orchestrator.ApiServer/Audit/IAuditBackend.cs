namespace Orchestrator.ApiServer.Audit;

/// <summary>Takes audit events. May be called by several threads at once.</summary>
internal interface IAuditBackend : IAsyncDisposable
{
    /// <summary>The name in metrics: <c>log</c> or <c>webhook</c>.</summary>
    string Name { get; }

    /// <summary>Takes an event, one JSON object. Returns when it is in safe hands as far as the backend's mode promises that.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken);
}
