using Orchestrator.Api;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Certificates;

namespace Orchestrator.ApiServer.Strategies.Cluster;

/// <summary>certificatesigningrequests/status: the certificate, and failures; approvals stay as they were.</summary>
internal sealed class CertificateSigningRequestStatusStrategy : StatusStrategy<CertificateSigningRequest>
{
    protected override void Prepare(CertificateSigningRequest obj, CertificateSigningRequest old, StrategyContext context)
    {
        SigningConditions.Keep("Approved", obj, old);
        SigningConditions.Keep("Denied", obj, old);
        SigningConditions.FillTimes(obj, old, context.Time);
    }

    protected override void Check(CertificateSigningRequest obj, CertificateSigningRequest old, FieldErrorList errors) =>
        SigningRequestValidator.Update(obj, old, errors, maySign: true, mayApprove: false);
}
