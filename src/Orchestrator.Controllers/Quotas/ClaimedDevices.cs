using Orchestrator.Api.Resources.V1;

namespace Orchestrator.Controllers.Quotas;

/// <summary>How many devices of a class a claim may get at most. Pure.</summary>
internal static class ClaimedDevices
{
    // An allocation has no more results.
    private const long ResultsMax = 32;

    public static long Count(ResourceClaim claim, string className)
    {
        var total = 0L;
        foreach (var request in claim.Spec.Devices.Requests)
        {
            // Only one of several alternatives will be taken: the largest counts.
            total += request.Exactly is { } exactly
                ? exactly.DeviceClassName == className ? Count(exactly.AllocationMode, exactly.Count) : 0
                : request.FirstAvailable.Where(s => s.DeviceClassName == className).Select(static s => Count(s.AllocationMode, s.Count)).DefaultIfEmpty().Max();
        }

        return total;
    }

    private static long Count(string mode, long count) => mode switch
    {
        "All" => ResultsMax,
        "ExactCount" => count,
        _ => 0,
    };
}
