using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Controllers.Endpoints;

/// <summary>Packs address and port pairs into subsets: the product of a subset's addresses and ports says the same as the pairs. Pure.</summary>
internal static class SubsetPacker
{
    /// <summary>In upstream's canonical form: addresses with the same ports share a subset; everything is sorted.</summary>
    public static ApiList<EndpointSubset> Pack(IEnumerable<(EndpointAddress Address, EndpointPort? Port, bool Ready)> pairs)
    {
        var portsOf = new Dictionary<(EndpointAddress Address, bool Ready), SortedSet<EndpointPort>>();
        foreach (var (address, port, ready) in pairs)
        {
            if (!portsOf.TryGetValue((address, ready), out var ports))
            {
                portsOf[(address, ready)] = ports = new(PortOrder);
            }

            if (port is not null)
            {
                ports.Add(port);
            }
        }

        return portsOf
            .GroupBy(static p => p.Value.ToApiList())
            .OrderBy(static g => string.Join(",", g.Key.Select(static p => $"{p.Name}/{p.Port}/{p.Protocol}")), StringComparer.Ordinal)
            .Select(static g => new EndpointSubset
            {
                Addresses = Sorted(g.Where(static p => p.Key.Ready)),
                NotReadyAddresses = Sorted(g.Where(static p => !p.Key.Ready)),
                Ports = g.Key,
            })
            .ToApiList();
    }

    /// <summary>Whether two lists of subsets say the same, but for the resource versions of their pods.</summary>
    public static bool SameContent(ApiList<EndpointSubset> left, ApiList<EndpointSubset> right) => Flatten(left).SetEquals(Flatten(right));

    private static readonly IComparer<EndpointPort> PortOrder = Comparer<EndpointPort>.Create(static (x, y) =>
        string.CompareOrdinal(x.Name, y.Name) is var byName and not 0 ? byName
        : x.Port.CompareTo(y.Port) is var byPort and not 0 ? byPort
        : string.CompareOrdinal(x.Protocol, y.Protocol) is var byProtocol and not 0 ? byProtocol
        : string.CompareOrdinal(x.AppProtocol, y.AppProtocol));

    private static ApiList<EndpointAddress> Sorted(IEnumerable<KeyValuePair<(EndpointAddress Address, bool Ready), SortedSet<EndpointPort>>> entries) =>
        entries.Select(static e => e.Key.Address).OrderBy(static a => a.Ip, StringComparer.Ordinal).ThenBy(static a => a.TargetRef?.Uid, StringComparer.Ordinal).ToApiList();

    private static HashSet<(string Ip, string Host, string? Node, string? Uid, bool Ready, ApiList<EndpointPort> Ports)> Flatten(ApiList<EndpointSubset> subsets)
    {
        var flat = new HashSet<(string, string, string?, string?, bool, ApiList<EndpointPort>)>();
        foreach (var subset in subsets)
        {
            var ports = subset.Ports.Order(PortOrder).ToApiList();
            flat.UnionWith(subset.Addresses.Select(a => (a.Ip, a.Hostname, a.NodeName, a.TargetRef?.Uid, true, ports)));
            flat.UnionWith(subset.NotReadyAddresses.Select(a => (a.Ip, a.Hostname, a.NodeName, a.TargetRef?.Uid, false, ports)));
        }

        return flat;
    }
}
