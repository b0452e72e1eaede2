using Orchestrator.Api;

namespace Orchestrator.ApiServer.Registry;

/// <summary>What a resource must do beside its own write: allocate addresses and ports, take part in another object.</summary>
internal interface ICommitHook
{
    /// <summary>Called after validation, before the commit; may change the object. The result is told how the commit came out.</summary>
    ValueTask<ICommitReservation?> ReserveAsync(RequestScope scope, ApiObject? obj, ApiObject? old, CancellationToken cancellationToken);
}

/// <summary>What a hook holds until the write's outcome is known.</summary>
internal interface ICommitReservation
{
    void Complete(bool committed);
}
