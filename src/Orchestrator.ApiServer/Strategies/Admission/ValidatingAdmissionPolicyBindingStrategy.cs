using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Admission;

namespace Orchestrator.ApiServer.Strategies.Admission;

internal sealed class ValidatingAdmissionPolicyBindingStrategy : ObjectStrategy<ValidatingAdmissionPolicyBinding>
{
    protected override bool ChecksFinalizers => false;

    protected override void Check(ValidatingAdmissionPolicyBinding obj, FieldErrorList errors) => PolicyValidator.Validate(obj, errors);
}
