using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Resources.V1;
using Orchestrator.Client;
using ResourceClaim = Orchestrator.Api.Resources.V1.ResourceClaim;

namespace Orchestrator.Scheduler.Devices;

/// <summary>Writes allocations and reservations of claims.</summary>
internal sealed class DeviceWriter(IClusterClient client)
{
    // Who else writes claims (their users' controller, drivers) does so rarely.
    private const int AttemptsMax = 5;

    /// <summary>Writes a plan; gives why it could not be written. What was written stays and is used by the next try.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="pod">For whom.</param>
    /// <param name="onWritten">Told of every claim as it is stored.</param>
    /// <param name="cancellationToken">Stops half-way.</param>
    public async ValueTask<string?> WriteAsync(DevicePlan plan, Pod pod, Action<ResourceClaim> onWritten, CancellationToken cancellationToken)
    {
        foreach (var (claim, allocation) in plan.Claims)
        {
            if (await WriteAsync(claim, allocation, pod, onWritten, cancellationToken) is { } failure)
            {
                return $"claim {claim.Key}: {failure}";
            }
        }

        return null;
    }

    /// <summary>Takes back the devices of a claim that nobody uses. Whoever came first keeps it.</summary>
    public async ValueTask ReleaseAsync(ResourceClaim claim, CancellationToken cancellationToken) =>
        await client.UpdateStatusAsync(claim with { Status = claim.Status with { Allocation = null, ReservedFor = [] } }, cancellationToken);

    private async ValueTask<string?> WriteAsync(
        ResourceClaim claim, AllocationResult? allocation, Pod pod, Action<ResourceClaim> onWritten, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            // 1. As long as it is the claim that was decided about.
            if (claim.Metadata.DeletionTimestamp is not null)
            {
                return "got deleted in the meantime";
            }

            if (allocation is not null && claim.Status.Allocation is not null)
            {
                return "got allocated elsewhere in the meantime";
            }

            if (allocation is null && claim.Status.Allocation is null)
            {
                return "got deallocated elsewhere in the meantime";
            }

            // 2. The finalizer goes before the allocation, and comes off after it.
            ApiResult<ResourceClaim> written = default;
            var current = claim;
            if (allocation is not null && !claim.Metadata.Finalizers.Contains(ResourceClaimExtensions.DeleteProtection))
            {
                written = await client.UpdateAsync(
                    claim with { Metadata = claim.Metadata with { Finalizers = [.. claim.Metadata.Finalizers, ResourceClaimExtensions.DeleteProtection] } }, cancellationToken);
                current = written.IsOk ? written.Value : null;
            }

            if (current is not null)
            {
                if (!current.IsReservedFor(pod.Metadata.Uid))
                {
                    current = current.ReservedAlsoFor(pod);
                }

                written = await client.UpdateStatusAsync(
                    allocation is null ? current : current with { Status = current.Status with { Allocation = allocation } }, cancellationToken);
            }

            if (written.IsOk)
            {
                onWritten(written.Value);
                return null;
            }

            if (!written.IsConflict || attempt == AttemptsMax)
            {
                return written.Error.Message;
            }

            var latest = await client.GetAsync<ResourceClaim>(claim.Key, cancellationToken);
            if (!latest.IsOk || latest.Value.Metadata.Uid != claim.Metadata.Uid)
            {
                return latest.IsOk ? "got deleted in the meantime" : latest.Error.Message;
            }

            claim = latest.Value;
        }
    }
}
