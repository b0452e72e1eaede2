using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;

namespace Orchestrator.Controllers.EndpointSlices;

/// <summary>
/// Hints for Services with <c>service.kubernetes.io/topology-mode: Auto</c>: as many endpoints for each zone as its share of the nodes' CPU asks
/// for, its own if there are enough. Remembers for each Service how many each zone has. May be used by several threads at once.
/// </summary>
internal sealed class TopologyHints
{
    private const string ZoneLabel = "topology.kubernetes.io/zone";
    private const string Disabled = "TopologyAwareHintsDisabled";

    // A zone may have so much less than its share before hints are given anew.
    private const double OverloadThreshold = 0.2;

    private readonly Lock _gate = new();
    private readonly Dictionary<(ObjectKey Service, string Family), Dictionary<string, int>> _given = [];

    // Null while the nodes do not tell enough.
    private Dictionary<string, double>? _ratios;

    /// <summary>Whether a Service asks for such hints.</summary>
    public static bool IsWanted(Service service) =>
        (service.Metadata.Annotations.GetValueOrDefault("service.kubernetes.io/topology-aware-hints") ?? service.Metadata.Annotations.GetValueOrDefault("service.kubernetes.io/topology-mode")) is "Auto" or "auto";

    /// <summary>Learns the zones' shares; answers the Services whose hints do not fit them any more.</summary>
    public IReadOnlyList<ObjectKey> SetNodes(IEnumerable<Node> nodes)
    {
        var ratios = RatiosOf(nodes);
        lock (_gate)
        {
            _ratios = ratios;
            return [.. _given.Where(g => IsOverloaded(g.Value, ratios)).Select(static g => g.Key.Service).Distinct()];
        }
    }

    /// <summary>Gives hints to the slices of a plan; without enough endpoints or knowledge of the nodes takes all away, of which the event tells.</summary>
    public HintsEvent? Apply(ObjectKey service, string family, SlicePlan plan, IReadOnlyCollection<EndpointSlice> existing)
    {
        lock (_gate)
        {
            var unchanged = existing.Where(e => plan.Update.All(u => u.Metadata.Uid != e.Metadata.Uid) && plan.Delete.All(d => d.Metadata.Uid != e.Metadata.Uid)).ToList();
            var ready = plan.Create.Concat(plan.Update).Concat(unchanged).Sum(static s => s.Endpoints.Count(IsReady));
            if (Allocate(ready, out var allocations) is { } why)
            {
                return Refuse(why);
            }

            // 1. Slices whose hints still fit stay; the others are given anew.
            var given = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var slice in unchanged)
            {
                if (HintsOf(slice, given, allocations) is { } own)
                {
                    foreach (var (zone, count) in own)
                    {
                        given[zone] = given.GetValueOrDefault(zone) + count;
                    }
                }
                else
                {
                    plan.Update.Add(slice);
                }
            }

            var slices = plan.Create.Concat(plan.Update).Select(static s => s.Endpoints.ToList()).ToList();
            if (slices.Any(static s => s.Any(static e => IsReady(e) && string.IsNullOrEmpty(e.Zone))))
            {
                return Refuse("One or more endpoints do not have a zone specified");
            }

            foreach (var endpoints in slices)
            {
                for (var i = 0; i < endpoints.Count; i++)
                {
                    endpoints[i] = endpoints[i] with { Hints = IsReady(endpoints[i]) ? For(endpoints[i].Zone!) : null };
                    if (endpoints[i].Hints is not null)
                    {
                        given[endpoints[i].Zone!] = given.GetValueOrDefault(endpoints[i].Zone!) + 1;
                    }
                }
            }

            // 2. Zones with more than their share give to those with less.
            Redistribute(slices, allocations, given);
            Replace(plan, slices);
            if (given.Count == 0)
            {
                return Refuse("No hints allocated for zones");
            }

            var isNew = !_given.ContainsKey((service, family));
            _given[(service, family)] = given;
            return isNew ? new("Normal", "TopologyAwareHintsEnabled", $"Topology Aware Hints has been enabled, addressType: {family}") : null;

            HintsEvent Refuse(string because)
            {
                _given.Remove((service, family));
                Replace(plan, [.. plan.Create.Concat(plan.Update).Select(static s => s.Endpoints.Select(static e => e.Hints is null ? e : e with { Hints = null }).ToList())]);
                foreach (var slice in unchanged.Where(u => u.Endpoints.Any(static e => e.Hints is not null) && !plan.Update.Contains(u)))
                {
                    plan.Update.Add(slice with { Endpoints = [.. slice.Endpoints.Select(static e => e with { Hints = null })] });
                }

                return new("Warning", Disabled, $"{because}, addressType: {family}");
            }
        }
    }

    /// <summary>A Service asks for hints no more, or is gone.</summary>
    /// <returns>What to tell if it had some.</returns>
    public HintsEvent? Forget(ObjectKey service, string family)
    {
        lock (_gate)
        {
            return _given.Remove((service, family)) ? new("Warning", Disabled, $"Topology Aware Hints has been disabled, addressType: {family}") : null;
        }
    }

    private static Dictionary<string, double>? RatiosOf(IEnumerable<Node> nodes)
    {
        var byZone = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            if (node.Metadata.Labels.ContainsKey("node-role.kubernetes.io/control-plane") || node.Metadata.Labels.ContainsKey("node-role.kubernetes.io/master")
                || !node.Status.Conditions.Any(static c => c is { Type: "Ready", Status: "True" }))
            {
                continue;
            }

            var milliCpu = node.Status.Allocatable.GetValueOrDefault("cpu")?.MilliValue ?? 0;
            if (node.Metadata.Labels.GetValueOrDefault(ZoneLabel) is not { Length: > 0 } zone || milliCpu == 0)
            {
                return null;
            }

            byZone[zone] = byZone.GetValueOrDefault(zone) + milliCpu;
        }

        var total = byZone.Values.Sum();
        return byZone.Count < 2 ? null : byZone.ToDictionary(static z => z.Key, z => (double)z.Value / total, StringComparer.Ordinal);
    }

    private static bool IsOverloaded(Dictionary<string, int> given, Dictionary<string, double>? ratios)
    {
        var total = given.Values.Sum();
        return ratios is null || ratios.Any(r => given.GetValueOrDefault(r.Key, -1) < Math.Ceiling(total * r.Value * (1 / (1 + OverloadThreshold))));
    }

    private static bool IsReady(Endpoint endpoint) => endpoint.Conditions.Ready != false;

    private static EndpointHints For(string zone) => new() { ForZones = [new() { Name = zone }] };

    private static void Replace(SlicePlan plan, List<List<Endpoint>> endpoints)
    {
        for (var i = 0; i < plan.Create.Count; i++)
        {
            plan.Create[i] = With(plan.Create[i], endpoints[i]);
        }

        for (var i = 0; i < plan.Update.Count; i++)
        {
            plan.Update[i] = With(plan.Update[i], endpoints[plan.Create.Count + i]);
        }

        // An empty list that was never set stays so, which is written as null.
        static EndpointSlice With(EndpointSlice slice, List<Endpoint> endpoints) => endpoints.Count == 0 ? slice : slice with { Endpoints = endpoints.ToApiList() };
    }

    private static Dictionary<string, int>? HintsOf(EndpointSlice slice, Dictionary<string, int> given, Dictionary<string, Allocation> allocations)
    {
        var own = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var endpoint in slice.Endpoints.Where(IsReady))
        {
            if (endpoint.Hints is not { ForZones.Count: > 0 } hints)
            {
                return null;
            }

            foreach (var zone in hints.ForZones)
            {
                if (!allocations.ContainsKey(zone.Name))
                {
                    return null;
                }

                own[zone.Name] = own.GetValueOrDefault(zone.Name) + 1;
            }
        }

        return own.Any(o => o.Value + given.GetValueOrDefault(o.Key) > allocations[o.Key].Maximum) ? null : own;
    }

    private static void Redistribute(List<List<Endpoint>> slices, Dictionary<string, Allocation> allocations, Dictionary<string, int> given)
    {
        var surplus = new SortedDictionary<string, double>(StringComparer.Ordinal);
        var shortage = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (zone, allocation) in allocations)
        {
            var difference = given.GetValueOrDefault(zone) - allocation.Desired;
            if (difference != 0)
            {
                (difference > 0 ? surplus : shortage)[zone] = Math.Abs(difference);
            }
        }

        var givers = new Dictionary<string, int>(StringComparer.Ordinal);
        var takers = new SortedDictionary<string, int>(StringComparer.Ordinal);
        while (surplus.Count > 0 && shortage.Count > 0)
        {
            var (giver, much) = surplus.MaxBy(static s => s.Value);
            var (taker, little) = shortage.MaxBy(static s => s.Value);
            if ((much < 1 && little < 1) || much < 0.5 || little < 0.5)
            {
                break;
            }

            givers[giver] = givers.GetValueOrDefault(giver) + 1;
            takers[taker] = takers.GetValueOrDefault(taker) + 1;
            surplus[giver]--;
            shortage[taker]--;
        }

        foreach (var endpoints in slices)
        {
            for (var i = 0; i < endpoints.Count; i++)
            {
                if (IsReady(endpoints[i]) && givers.GetValueOrDefault(endpoints[i].Zone!) > 0 && takers.FirstOrDefault(static t => t.Value > 0) is { Value: > 0 } taker)
                {
                    var giver = endpoints[i].Zone!;
                    endpoints[i] = endpoints[i] with { Hints = For(taker.Key) };
                    givers[giver]--;
                    takers[taker.Key]--;
                    given[giver]--;
                    given[taker.Key] = given.GetValueOrDefault(taker.Key) + 1;
                }
            }
        }
    }

    /// <summary>How many endpoints each zone should have; or why that cannot be said.</summary>
    private string? Allocate(int endpoints, out Dictionary<string, Allocation> allocations)
    {
        allocations = new(StringComparer.Ordinal);
        if (_ratios is not { } ratios)
        {
            return "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes";
        }

        var counted = string.Create(CultureInfo.InvariantCulture, $"({endpoints} endpoints, {ratios.Count} zones)");
        if (ratios.Count > endpoints)
        {
            return $"Insufficient number of endpoints {counted}";
        }

        var minima = 0;
        foreach (var (zone, ratio) in ratios)
        {
            var desired = ratio * endpoints;
            var minimum = (int)Math.Ceiling(desired * (1 / (1 + OverloadThreshold)));
            minima += minimum;
            allocations[zone] = new(minimum, Math.Max(desired, minimum), 0);
        }

        if (minima > endpoints)
        {
            return $"Minimum allocation required per zone exceeds overload threshold {counted}";
        }

        foreach (var (zone, allocation) in allocations.ToList())
        {
            allocations[zone] = allocation with { Maximum = allocation.Minimum + endpoints - minima };
        }

        return null;
    }

    private readonly record struct Allocation(int Minimum, double Desired, int Maximum);
}
