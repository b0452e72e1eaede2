using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Devices;
using Namespace = Orchestrator.Api.Core.V1.Namespace;

namespace Orchestrator.ApiServer.Strategies.Devices;

internal sealed class ResourceClaimStrategy : ObjectStrategy<ResourceClaim>
{
    /// <summary>The spec never changes, so only new claims are asked.</summary>
    public override void ValidateSurroundings(ApiObject obj, ApiObject? old, Func<string, Namespace?> namespaces, FieldErrorList errors)
    {
        if (old is null)
        {
            AdminAccess.Requested(((ResourceClaim)obj).Spec, obj.Metadata.Namespace, namespaces, errors);
        }
    }

    protected override void Check(ResourceClaim obj, FieldErrorList errors) => ClaimValidator.Validate(obj.Spec, FieldPath.Spec, errors);

    protected override void CheckUpdate(ResourceClaim obj, ResourceClaim old, FieldErrorList errors)
    {
        if (!Semantic.Equal(obj.Spec, old.Spec))
        {
            errors.Invalid(FieldPath.Spec, new InternalValue(obj.Spec), "field is immutable");
        }
    }
}
