using Orchestrator.ApiServer.Machinery;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Registry;

/// <summary>Deletes what a list found, a few objects at a time so that they share the store's commits: an fsync for each would take seconds for a thousand.</summary>
internal sealed class CollectionDeletion(ObjectStore objects)
{
    private const int AtOnce = 16;

    /// <summary>What somebody else deleted meanwhile is gone as was wanted; any other refusal ends the deletion, and what had been begun by then is done.</summary>
    /// <param name="found">The objects, as a list showed them.</param>
    /// <param name="scope">The request.</param>
    /// <param name="dryRun">Nothing is to be deleted.</param>
    /// <param name="request">How.</param>
    /// <param name="cancellationToken">Ends it between objects.</param>
    /// <exception cref="ApiException">An object may not be deleted.</exception>
    public async ValueTask RunAsync(IReadOnlyList<StoredValue> found, RequestScope scope, bool dryRun, DeleteRequest request, CancellationToken cancellationToken)
    {
        foreach (var some in found.Chunk(AtOnce))
        {
            var ones = some.Select(value => Scope(value, scope, dryRun)).ToArray();
            await Task.WhenAll(ones.Select(one => DeleteAsync(one, request, cancellationToken)));
            foreach (var one in ones)
            {
                scope.Warnings.AddRange(one.Warnings);
            }
        }
    }

    private RequestScope Scope(StoredValue value, RequestScope scope, bool dryRun)
    {
        var metadata = objects.Codec.Stored(value).Metadata;
        return scope.ForObject(metadata.Namespace, metadata.Name, dryRun);
    }

    private async Task DeleteAsync(RequestScope one, DeleteRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await objects.DeleteAsync(one, request, cancellationToken);
        }
        catch (ApiException gone) when (gone.Status.Reason == "NotFound")
        {
            // Somebody else was faster.
        }
    }
}
