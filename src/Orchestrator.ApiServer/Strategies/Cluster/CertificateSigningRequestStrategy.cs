using Orchestrator.Api;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Certificates;

namespace Orchestrator.ApiServer.Strategies.Cluster;

internal sealed class CertificateSigningRequestStrategy : ObjectStrategy<CertificateSigningRequest>
{
    protected override Func<string, IReadOnlyList<string>> NameFormat => Formats.PathSegment;

    protected override void Prepare(CertificateSigningRequest obj, StrategyContext context)
    {
        // Who asks is what the server knows, never what the request says.
        var spec = obj.Own<CertificateSigningRequestSpec>(CertificateSigningRequest.Fields.Spec);
        spec.Set(CertificateSigningRequestSpec.Fields.Username, context.User.Name);
        spec.Set(CertificateSigningRequestSpec.Fields.Uid, context.User.Uid);
        spec.Set(CertificateSigningRequestSpec.Fields.Groups, context.User.Groups.ToApiList());
        spec.Set(CertificateSigningRequestSpec.Fields.Extra, context.User.Extra.Count == 0
            ? null
            : ApiMap<ApiList<string>>.From(context.User.Extra.Select(static e => KeyValuePair.Create(e.Key, e.Value.ToApiList()))));
    }

    protected override void PrepareUpdate(CertificateSigningRequest obj, CertificateSigningRequest old, StrategyContext context) => obj.Slots[SpecSlot] = old.Slots[SpecSlot];

    protected override void Check(CertificateSigningRequest obj, FieldErrorList errors) => SigningRequestValidator.Spec(obj.Spec, errors);

    protected override void CheckUpdate(CertificateSigningRequest obj, CertificateSigningRequest old, FieldErrorList errors) =>
        SigningRequestValidator.Update(obj, old, errors, maySign: false, mayApprove: false);
}
