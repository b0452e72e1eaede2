using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Admission;

namespace Orchestrator.ApiServer.Strategies.Admission;

internal sealed class MutatingAdmissionPolicyBindingStrategy : ObjectStrategy<MutatingAdmissionPolicyBinding>
{
    protected override bool ChecksFinalizers => false;

    protected override void Check(MutatingAdmissionPolicyBinding obj, FieldErrorList errors) => PolicyValidator.Validate(obj, errors);
}
