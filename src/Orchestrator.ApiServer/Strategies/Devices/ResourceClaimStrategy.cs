using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Devices;

namespace Orchestrator.ApiServer.Strategies.Devices;

internal sealed class ResourceClaimStrategy : ObjectStrategy<ResourceClaim>
{
    protected override void Check(ResourceClaim obj, FieldErrorList errors) => ClaimValidator.Validate(obj.Spec, FieldPath.Spec, errors);

    protected override void CheckUpdate(ResourceClaim obj, ResourceClaim old, FieldErrorList errors)
    {
        if (!Semantic.Equal(obj.Spec, old.Spec))
        {
            errors.Invalid(FieldPath.Spec, new InternalValue(obj.Spec), "field is immutable");
        }
    }
}
