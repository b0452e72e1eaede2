using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;

namespace Orchestrator.Scheduler.Devices;

/// <summary>A request, or one of several alternatives of it.</summary>
/// <param name="Name">As results name it: the request's, or <c>request/alternative</c>.</param>
/// <param name="Request">The request's own name.</param>
/// <param name="ClassName">The class of the devices.</param>
/// <param name="Selectors">What they must be besides.</param>
/// <param name="IsAll">Whether all matching devices are wanted, rather than a number of them.</param>
/// <param name="Count">The number.</param>
/// <param name="AdminAccess">Whether the devices may be in use by others.</param>
/// <param name="Tolerations">The taints that do not matter.</param>
internal sealed record DeviceRequestPart(
    string Name, string Request, string ClassName, ApiList<DeviceSelector> Selectors, bool IsAll, long Count, bool? AdminAccess, ApiList<DeviceToleration> Tolerations)
{
    private const string ModeAll = "All";

    /// <summary>The alternatives of a request in the order of preference; one if there is no choice.</summary>
    public static DeviceRequestPart[] Of(DeviceRequest request) => request.Exactly is { } exactly
        ? [new(request.Name, request.Name, exactly.DeviceClassName, exactly.Selectors, exactly.AllocationMode == ModeAll, exactly.Count, exactly.AdminAccess, exactly.Tolerations)]
        :
        [
            .. request.FirstAvailable.Select(s => new DeviceRequestPart(
                $"{request.Name}/{s.Name}", request.Name, s.DeviceClassName, s.Selectors, s.AllocationMode == ModeAll, s.Count, null, s.Tolerations)),
        ];

    /// <summary>Whether a list of request names, as constraints and configurations have it, means this one. An empty list means all.</summary>
    public bool IsAmong(ApiList<string> requests) => requests.Count == 0 || requests.Contains(Request) || requests.Contains(Name);
}
