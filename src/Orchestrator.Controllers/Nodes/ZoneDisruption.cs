using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Nodes;

/// <summary>
/// Slows down or stops evictions when so many nodes are silent that the fault is probably not theirs: 0.1 nodes a second as a rule, 0.01 in
/// a large zone of which more than 55 % is silent, none in a small one, and none at all when the whole cluster is silent.
/// </summary>
internal sealed class ZoneDisruption(TimeProvider time)
{
    private const double UnhealthyPart = 0.55;
    private const int LargeZone = 50;
    private static readonly TimeSpan Normal = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(100);

    private readonly Dictionary<string, (TimeSpan? Interval, long LastEviction, bool Evicted)> _zones = [];

    /// <summary>Whether every node of the cluster is silent.</summary>
    public bool IsTotal { get; private set; }

    public static string ZoneOf(Node node) =>
        node.Metadata.Labels.GetValueOrDefault("topology.kubernetes.io/region") + ":" + node.Metadata.Labels.GetValueOrDefault("topology.kubernetes.io/zone");

    /// <summary>Takes in the nodes' present state.</summary>
    public void Observe(IEnumerable<Node> nodes)
    {
        var anyReady = false;
        var any = false;
        foreach (var zone in nodes.GroupBy(ZoneOf))
        {
            var count = zone.Count();
            var unready = zone.Count(static n => !n.Status.Conditions.Any(static c => c is { Type: "Ready", Status: "True" }));
            any = true;
            anyReady |= unready < count;
            TimeSpan? interval = unready > 2 && unready < count && (double)unready / count >= UnhealthyPart
                ? count > LargeZone ? Slow : null
                : Normal;
            var known = _zones.GetValueOrDefault(zone.Key);
            _zones[zone.Key] = (interval, known.LastEviction, known.Evicted);
        }

        IsTotal = any && !anyReady;
    }

    /// <summary>Whether one more node of a zone may be emptied now; if so, that counts.</summary>
    public bool TryTake(string zone)
    {
        var (interval, last, evicted) = _zones.GetValueOrDefault(zone, (Normal, 0, false));
        if (IsTotal || interval is null || (evicted && time.GetElapsedTime(last) < interval))
        {
            return false;
        }

        _zones[zone] = (interval, time.GetTimestamp(), true);
        return true;
    }
}
