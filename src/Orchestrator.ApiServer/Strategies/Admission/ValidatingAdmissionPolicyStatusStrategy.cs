using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Admission;

namespace Orchestrator.ApiServer.Strategies.Admission;

internal sealed class ValidatingAdmissionPolicyStatusStrategy() : StatusStrategy<ValidatingAdmissionPolicy>(StatusMetadata.All)
{
    protected override bool ComparesMetadataTwice => false;

    protected override void Check(ValidatingAdmissionPolicy obj, ValidatingAdmissionPolicy old, FieldErrorList errors) => PolicyValidator.Status(obj.Status, errors);
}
