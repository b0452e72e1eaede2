using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Devices;

namespace Orchestrator.ApiServer.Strategies.Devices;

internal sealed class ResourceSliceStrategy : ObjectStrategy<ResourceSlice>
{
    protected override void Prepare(ResourceSlice obj, StrategyContext context) => DropDisabled(obj);

    protected override void PrepareUpdate(ResourceSlice obj, ResourceSlice old, StrategyContext context) => DropDisabled(obj);

    protected override void Check(ResourceSlice obj, FieldErrorList errors) => SliceValidator.Validate(obj.Spec, null, errors);

    protected override void CheckUpdate(ResourceSlice obj, ResourceSlice old, FieldErrorList errors) => SliceValidator.Validate(obj.Spec, old.Spec, errors);

    /// <summary>Fields of the gates DRAListTypeAttributes and DRANodeAllocatableResources, both off.</summary>
    private static void DropDisabled(ResourceSlice slice)
    {
        foreach (var device in slice.Spec.Devices)
        {
            device.Set(Device.Fields.NodeAllocatableResourceMappings, null);
            foreach (var (_, attribute) in device.Attributes)
            {
                attribute.Set(DeviceAttribute.Fields.Ints, null);
                attribute.Set(DeviceAttribute.Fields.Bools, null);
                attribute.Set(DeviceAttribute.Fields.Strings, null);
                attribute.Set(DeviceAttribute.Fields.Versions, null);
            }
        }
    }
}
