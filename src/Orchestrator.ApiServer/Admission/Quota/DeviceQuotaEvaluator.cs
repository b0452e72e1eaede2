using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;

namespace Orchestrator.ApiServer.Admission.Quota;

/// <summary>Claims on devices: their number, and how many devices of each class they may get at most.</summary>
internal sealed class DeviceQuotaEvaluator : QuotaEvaluator
{
    private const string ClassPart = ".deviceclass.resource.k8s.io/devices";

    /// <summary>An allocation has no more results.</summary>
    private const long ResultsMax = 32;

    public DeviceQuotaEvaluator()
        : base("resource.k8s.io", "resourceclaims")
    {
    }

    public override bool Handles(AdmissionOperation operation, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && subresource.Length == 0;

    public override bool Counts(string name) => base.Counts(name) || name.EndsWith(ClassPart, StringComparison.Ordinal);

    public override ApiMap<Quantity> Usage(ApiObject obj)
    {
        var usage = base.Usage(obj);
        foreach (var (name, count) in DevicesByClass((ResourceClaim)obj))
        {
            usage = usage.With(name + ClassPart, Quantity.FromLong(count));
        }

        return usage;
    }

    private static Dictionary<string, long> DevicesByClass(ResourceClaim claim)
    {
        var devices = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var request in claim.Spec.Devices.Requests)
        {
            if (request.Exactly is { } exactly)
            {
                Add(exactly.DeviceClassName, Count(exactly.AllocationMode, exactly.Count));
                continue;
            }

            // Only one of the alternatives will be taken; each class is charged with the largest that names it.
            foreach (var alternatives in request.FirstAvailable.GroupBy(static s => s.DeviceClassName))
            {
                Add(alternatives.Key, alternatives.Max(static s => Count(s.AllocationMode, s.Count)));
            }
        }

        return devices;

        void Add(string name, long count) => devices[name] = devices.GetValueOrDefault(name) + count;
    }

    private static long Count(string mode, long count) => mode switch
    {
        "All" => ResultsMax,
        "ExactCount" => count,
        _ => 0,
    };
}
