using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Admission.Quota;

/// <summary>Writes what quotas have used.</summary>
public interface IQuotaWriter
{
    /// <summary>Stores the status of a quota, if nobody changed the quota since <paramref name="quota"/>'s resourceVersion. Past admission.</summary>
    /// <returns>False if somebody did, or the quota is gone.</returns>
    ValueTask<bool> TryUpdateStatusAsync(ResourceQuota quota, CancellationToken cancellationToken);
}
