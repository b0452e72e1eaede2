using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Warnings;

/// <summary>Claims for fractions of a byte.</summary>
internal static class ClaimWarnings
{
    public static void Add(PersistentVolumeClaimSpec spec, FieldPath path, List<string> warnings)
    {
        foreach (var (list, kind) in new[] { (spec.Resources.Requests, "requests"), (spec.Resources.Limits, "limits") })
        {
            if (list.TryGetValue("storage", out var quantity) && quantity.MilliValue % 1000 != 0)
            {
                warnings.Add($"{path.Child("resources").Child(kind).Key("storage")}: fractional byte value {GoText.Quote(quantity.ToString())} is invalid, must be an integer");
            }
        }
    }
}
