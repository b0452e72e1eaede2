using Orchestrator.Api;

namespace Orchestrator.ApiServer.Registry;

/// <summary>What a resource must do beside its own write: allocate addresses and ports, take part in another object.</summary>
internal interface ICommitHook
{
    /// <summary>Called before the resource's rules, as upstream's BeginCreate and BeginUpdate are; may change the object. With no new object the old one is being
    /// removed. The result is told whether the write was committed.</summary>
    ValueTask<ICommitReservation?> ReserveAsync(RequestScope scope, ApiObject? obj, ApiObject? old, CancellationToken cancellationToken);
}

/// <summary>What a hook holds until the write's outcome is known.</summary>
internal interface ICommitReservation
{
    void Complete(bool committed);
}
