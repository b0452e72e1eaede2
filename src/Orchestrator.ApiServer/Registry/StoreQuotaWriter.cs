using System.Globalization;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Admission.Quota;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Registry;

/// <summary>
/// Writes the usage that admission charges to quotas, straight to the store: it is part of another request's admission. The fields are the server's,
/// as if a client of its own had written the status.
/// </summary>
internal sealed class StoreQuotaWriter(IStore store, ObjectCodec codec, TimeProvider time) : IQuotaWriter
{
    private static readonly ResetFields Reset = ResetFields.Of("resourcequotas", "status", hasStatus: true);

    public async ValueTask<bool> TryUpdateStatusAsync(ResourceQuota quota, CancellationToken cancellationToken)
    {
        var key = new StoreKey("resourcequotas", quota.Metadata.Namespace + "/" + quota.Metadata.Name);
        var expected = new Revision(long.Parse(quota.Metadata.ResourceVersion, CultureInfo.InvariantCulture));
        if (store.Snapshot(key.Collection).Find(key.Name) is not { } current || current.ModRevision != expected)
        {
            return false;
        }

        var written = quota.DeepCopy();
        ManagedFields.OnUpdate(written, codec.Read(current), new WriteContext
        {
            Manager = "kube-apiserver",
            ApiVersion = "v1",
            Subresource = "status",
            Type = ApplyTypes.Of(ResourceQuota.ApiType),
            Reset = Reset,
            Now = time.GetUtcNow(),
        });
        var result = await store.CommitAsync(Operation.Replace(key, expected, ObjectCodec.Encode(written), written), cancellationToken);
        return result.IsCommitted;
    }
}
