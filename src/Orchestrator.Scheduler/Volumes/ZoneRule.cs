using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Scheduler.Volumes;

/// <summary>A zone or region that a volume's labels bind it to.</summary>
internal sealed record ZoneRule(string Key, string[] Values)
{
    private const string Zone = "topology.kubernetes.io/zone";
    private const string Region = "topology.kubernetes.io/region";
    private const string OldZone = "failure-domain.beta.kubernetes.io/zone";
    private const string OldRegion = "failure-domain.beta.kubernetes.io/region";
    private static readonly string[] Keys = [Zone, Region, OldZone, OldRegion];

    public static IEnumerable<ZoneRule> Of(PersistentVolume volume)
    {
        foreach (var key in Keys)
        {
            if (volume.Metadata.Labels.TryGetValue(key, out var value))
            {
                // Several zones are written as a__b.
                yield return new(key, value.Split("__"));
            }
        }
    }

    /// <summary>Nodes without any such label are not in a zone, and taken.</summary>
    public static bool IsZoned(ApiMap<string> nodeLabels) => Array.Exists(Keys, nodeLabels.ContainsKey);

    public bool Admits(ApiMap<string> nodeLabels)
    {
        var found = nodeLabels.TryGetValue(Key, out var value);
        if (!found)
        {
            var other = Key switch { Zone => OldZone, Region => OldRegion, OldZone => Zone, _ => Region };
            found = nodeLabels.TryGetValue(other, out value);
        }

        return found && Array.IndexOf(Values, value!) >= 0;
    }
}
