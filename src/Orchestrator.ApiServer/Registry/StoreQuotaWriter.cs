using System.Globalization;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Admission.Quota;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Registry;

/// <summary>Writes the usage that admission charges to quotas, straight to the store: it is part of another request's admission.</summary>
internal sealed class StoreQuotaWriter(IStore store) : IQuotaWriter
{
    public async ValueTask<bool> TryUpdateStatusAsync(ResourceQuota quota, CancellationToken cancellationToken)
    {
        var key = new StoreKey("resourcequotas", quota.Metadata.Namespace + "/" + quota.Metadata.Name);
        var expected = new Revision(long.Parse(quota.Metadata.ResourceVersion, CultureInfo.InvariantCulture));
        var written = quota.DeepCopy();
        var result = await store.CommitAsync(Operation.Replace(key, expected, ObjectCodec.Encode(written), written), cancellationToken);
        return result.IsCommitted;
    }
}
