using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Devices;
using Namespace = Orchestrator.Api.Core.V1.Namespace;

namespace Orchestrator.ApiServer.Strategies.Devices;

internal sealed class ResourceClaimTemplateStrategy : ObjectStrategy<ResourceClaimTemplate>
{
    /// <summary>The spec never changes, so only new templates are asked.</summary>
    public override void ValidateSurroundings(ApiObject obj, ApiObject? old, Func<string, Namespace?> namespaces, FieldErrorList errors)
    {
        if (old is null)
        {
            AdminAccess.Requested(((ResourceClaimTemplate)obj).Spec.Spec, obj.Metadata.Namespace, namespaces, errors);
        }
    }

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
