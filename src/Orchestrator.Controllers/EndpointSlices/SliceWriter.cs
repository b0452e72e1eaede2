using Orchestrator.Api;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.EndpointSlices;

/// <summary>Writes a plan for the slices of one Service; the tracker learns of each write.</summary>
internal sealed class SliceWriter(IClusterClient client, SliceTracker tracker, ObjectKey service)
{
    /// <returns>The first refusal; null if all is written, or the namespace is going away.</returns>
    public async ValueTask<Status?> WriteAsync(SlicePlan plan, CancellationToken cancellationToken)
    {
        foreach (var slice in plan.Create)
        {
            var created = await client.CreateAsync(slice, cancellationToken);
            if (!created.IsOk)
            {
                return created.IsNamespaceTerminating ? null : created.Error;
            }

            tracker.Wrote(service, created.Value);
        }

        foreach (var slice in plan.Update)
        {
            var updated = await client.UpdateAsync(slice, cancellationToken);
            if (!updated.IsOk)
            {
                return updated.Error;
            }

            tracker.Wrote(service, updated.Value);
        }

        foreach (var slice in plan.Delete)
        {
            if (await DeleteAsync(slice, cancellationToken) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    public async ValueTask<Status?> DeleteAsync(EndpointSlice slice, CancellationToken cancellationToken)
    {
        var deleted = await client.DeleteAsync(ResourcePath.Of<EndpointSlice>(slice.Key), null, cancellationToken);
        tracker.Gone(service, slice.Metadata.Uid);
        return deleted.IsOk || deleted.IsNotFound ? null : deleted.Error;
    }
}
