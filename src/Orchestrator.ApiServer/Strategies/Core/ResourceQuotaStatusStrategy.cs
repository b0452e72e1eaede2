using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class ResourceQuotaStatusStrategy : StatusStrategy<ResourceQuota>
{
    protected override void Check(ResourceQuota obj, ResourceQuota old, FieldErrorList errors)
    {
        if (obj.Metadata.ResourceVersion.Length == 0)
        {
            errors.Required(FieldPath.Root("resourceVersion"));
        }

        ResourceQuotaStrategy.Amounts(obj.Status.Hard, FieldPath.Status.Child("hard"), errors);
        ResourceQuotaStrategy.Amounts(obj.Status.Used, FieldPath.Status.Child("used"), errors);
    }
}
