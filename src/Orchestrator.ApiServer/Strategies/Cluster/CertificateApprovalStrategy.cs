using Orchestrator.Api;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Certificates;

namespace Orchestrator.ApiServer.Strategies.Cluster;

/// <summary>certificatesigningrequests/approval: conditions, and nothing else of the status.</summary>
internal sealed class CertificateApprovalStrategy : StatusStrategy<CertificateSigningRequest>
{
    protected override void Prepare(CertificateSigningRequest obj, CertificateSigningRequest old, StrategyContext context)
    {
        obj.Set(CertificateSigningRequest.Fields.Status, old.Status with { Conditions = obj.Status.Conditions });
        SigningConditions.FillTimes(obj, old, context.Time);
    }

    protected override void Check(CertificateSigningRequest obj, CertificateSigningRequest old, FieldErrorList errors) =>
        SigningRequestValidator.Update(obj, old, errors, maySign: false, mayApprove: true);
}
