using Orchestrator.Api;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Certificates;

/// <summary>Signs approved requests with the cluster's CA.</summary>
internal sealed class CertificateSigner : QueueController
{
    private readonly IInformer<CertificateSigningRequest> _requests;
    private readonly Func<CertificateSigningRequest, SignedCertificate?> _sign;

    public CertificateSigner(ControllerContext context)
        : base("certificatesigningrequest-signing-controller", context, workers: 1)
    {
        _sign = context.Options.SignCertificate ?? throw new InvalidOperationException("There is no CA to sign with.");
        _requests = Watch<CertificateSigningRequest>();
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_requests.TryGet(key, out var request) || request.Status.Certificate is { Length: > 0 }
            || !request.Status.Conditions.Any(static c => c is { Type: "Approved", Status: "True" })
            || request.Status.Conditions.Any(static c => c.Type is "Denied" or "Failed")
            || _sign(request) is not { } signed)
        {
            return ReconcileResult.Done;
        }

        var now = Time.NowSeconds();
        var status = signed.Pem is { } pem
            ? request.Status with { Certificate = pem }
            : request.Status with
            {
                Conditions =
                [
                    .. request.Status.Conditions,
                    new CertificateSigningRequestCondition
                    {
                        Type = "Failed", Status = "True", Reason = "SignerValidationFailure", Message = signed.Failure, LastUpdateTime = now, LastTransitionTime = now,
                    },
                ],
            };
        var updated = await Client.UpdateStatusAsync(request with { Status = status }, cancellationToken);
        return updated.IsOk || updated.IsNotFound ? ReconcileResult.Done : updated.Error;
    }
}
