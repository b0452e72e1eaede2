using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Devices;

namespace Orchestrator.ApiServer.Strategies.Devices;

internal sealed class ResourceClaimStatusStrategy() : StatusStrategy<ResourceClaim>(StatusMetadata.All)
{
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
