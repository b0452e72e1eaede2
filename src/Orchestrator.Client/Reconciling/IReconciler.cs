using Orchestrator.Api;

namespace Orchestrator.Client;

/// <summary>Brings reality one step nearer to what is desired for one object.</summary>
public interface IReconciler
{
    /// <summary>Called by several workers at once, but never twice at once for one key. May be called any number of times for no reason.</summary>
    ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken);
}
