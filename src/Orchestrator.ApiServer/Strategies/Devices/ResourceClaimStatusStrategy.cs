using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Devices;
using Namespace = Orchestrator.Api.Core.V1.Namespace;

namespace Orchestrator.ApiServer.Strategies.Devices;

internal sealed class ResourceClaimStatusStrategy() : StatusStrategy<ResourceClaim>(StatusMetadata.All)
{
    public override void ValidateSurroundings(ApiObject obj, ApiObject? old, Func<string, Namespace?> namespaces, FieldErrorList errors) =>
        AdminAccess.Granted(((ResourceClaim)obj).Status.Allocation, ((ResourceClaim)old!).Status.Allocation, obj.Metadata.Namespace, namespaces, errors);

    /// <summary>What drivers said of devices goes when the devices are no longer allocated.</summary>
    protected override void Prepare(ResourceClaim obj, ResourceClaim old, StrategyContext context)
    {
        var gone = ClaimStatusValidator.Allocated(old.Status.Allocation);
        gone.ExceptWith(ClaimStatusValidator.Allocated(obj.Status.Allocation));
        if (gone.Count > 0 && obj.Status.Devices.Count > 0)
        {
            obj.Own<ResourceClaimStatus>(ResourceClaim.Fields.Status).Set(
                ResourceClaimStatus.Fields.Devices, obj.Status.Devices.Where(d => !gone.Contains(ClaimStatusValidator.Id(d))).ToApiList());
        }
    }

    protected override void Check(ResourceClaim obj, ResourceClaim old, FieldErrorList errors) => ClaimStatusValidator.Validate(obj, old, errors);
}
