using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Devices;

namespace Orchestrator.ApiServer.Strategies.Devices;

internal sealed class ResourceClaimTemplateStrategy : ObjectStrategy<ResourceClaimTemplate>
{
    protected override void Check(ResourceClaimTemplate obj, FieldErrorList errors)
    {
        MetadataValidator.Template(obj.Spec.Metadata, FieldPath.Spec.Child("metadata"), errors);
        ClaimValidator.Validate(obj.Spec.Spec, FieldPath.Spec.Child("spec"), errors);
    }

    protected override void CheckUpdate(ResourceClaimTemplate obj, ResourceClaimTemplate old, FieldErrorList errors)
    {
        if (!Semantic.Equal(obj.Spec, old.Spec))
        {
            errors.Invalid(FieldPath.Spec, new InternalValue(obj.Spec), "field is immutable");
        }
    }
}
