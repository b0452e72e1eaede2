using Orchestrator.Api;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Certificates;

/// <summary>Deletes requests that are done with: an hour after approval or denial, a day after they were made when nobody decided.</summary>
internal sealed class CertificateCleaner : QueueController
{
    private static readonly TimeSpan DecidedLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan PendingLifetime = TimeSpan.FromHours(24);

    private readonly IInformer<CertificateSigningRequest> _requests;

    public CertificateCleaner(ControllerContext context)
        : base("certificatesigningrequest-cleaner-controller", context, workers: 1) => _requests = Watch<CertificateSigningRequest>();

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_requests.TryGet(key, out var request))
        {
            return ReconcileResult.Done;
        }

        var decision = request.Status.Conditions.Where(static c => c.Type is "Approved" or "Denied" or "Failed").Select(static c => c.LastUpdateTime).Max();
        var end = decision is { } at ? at + DecidedLifetime : (request.Metadata.CreationTimestamp ?? Time.GetUtcNow()) + PendingLifetime;
        var remaining = end - Time.GetUtcNow();
        if (remaining > TimeSpan.Zero)
        {
            return ReconcileResult.RevisitAfter(remaining);
        }

        var deleted = await Client.DeleteAsync(request, cancellationToken);
        return deleted.IsOk || deleted.IsNotFound || deleted.IsConflict ? ReconcileResult.Done : deleted.Error;
    }
}
