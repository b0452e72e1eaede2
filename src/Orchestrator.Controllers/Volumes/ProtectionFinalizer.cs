using Orchestrator.Api;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Volumes;

/// <summary>A finalizer that keeps an object while it is used.</summary>
internal static class ProtectionFinalizer
{
    /// <summary>Takes the finalizer from an object that is free to go, and gives it to one that lacks it; one that is being deleted gets none any more.</summary>
    public static async ValueTask<ReconcileResult> SetAsync<T>(IClusterClient client, T obj, string finalizer, bool free, CancellationToken cancellationToken)
        where T : ApiObject, IResourceObject<T>
    {
        var has = obj.Metadata.Finalizers.Contains(finalizer);
        if (free ? !has : has || obj.IsBeingDeleted)
        {
            return ReconcileResult.Done;
        }

        ApiList<string> finalizers = free ? [.. obj.Metadata.Finalizers.Where(f => f != finalizer)] : [.. obj.Metadata.Finalizers, finalizer];
        var updated = await client.UpdateAsync(obj with { Metadata = obj.Metadata with { Finalizers = finalizers } }, cancellationToken);
        return updated.IsOk || updated.IsNotFound ? ReconcileResult.Done : updated.Error;
    }
}
