using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Admission;

namespace Orchestrator.ApiServer.Strategies.Admission;

internal sealed class MutatingAdmissionPolicyStrategy : ObjectStrategy<MutatingAdmissionPolicy>
{
    protected override bool ChecksFinalizers => false;

    protected override void Check(MutatingAdmissionPolicy obj, FieldErrorList errors) => PolicyValidator.Validate(obj, errors);
}
