using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Claims for devices, and the slices that offer them.</summary>
internal static class DeviceDefaults
{
    public static void Claim(ResourceClaimSpec spec)
    {
        foreach (var request in spec.Devices.Requests)
        {
            if (request.Exactly is { } exactly)
            {
                exactly.Default(ExactDeviceRequest.Fields.AllocationMode, "ExactCount");
                if (exactly.AllocationMode == "ExactCount")
                {
                    exactly.Default(ExactDeviceRequest.Fields.Count, 1L);
                }

                Tolerations(exactly.Tolerations);
            }

            foreach (var alternative in request.FirstAvailable)
            {
                alternative.Default(DeviceSubRequest.Fields.AllocationMode, "ExactCount");
                if (alternative.AllocationMode == "ExactCount")
                {
                    alternative.Default(DeviceSubRequest.Fields.Count, 1L);
                }

                Tolerations(alternative.Tolerations);
            }
        }
    }

    public static void Slice(ResourceSlice slice, TimeProvider time)
    {
        foreach (var device in slice.Spec.Devices)
        {
            foreach (var taint in device.Taints)
            {
                if (taint.TimeAdded is null)
                {
                    taint.Set(DeviceTaint.Fields.TimeAdded, time.NowSeconds());
                }
            }
        }
    }

    private static void Tolerations(ApiList<DeviceToleration> tolerations)
    {
        foreach (var toleration in tolerations)
        {
            toleration.Default(DeviceToleration.Fields.Operator, "Equal");
        }
    }
}
