using System.Globalization;
using Orchestrator.Network.Commands;

namespace Orchestrator.Network.Proxy;

/// <summary>Changes to the service proxy's table that take effect together, and what conntrack has to forget after them.</summary>
internal sealed class ProxyTransaction(string table) : TableTransaction(table)
{
    private readonly HashSet<UdpFlow> _staleFlows = [];

    /// <summary>Ways of datagrams that the kernel has to forget once the transaction is done.</summary>
    public IReadOnlyCollection<UdpFlow> StaleFlows => _staleFlows;

    public void ReplaceChains(ServiceRules old, ServiceRules now)
    {
        foreach (var (name, lines) in now.Chains.Where(chain => !old.Chains.ContainsKey(chain.Key)))
        {
            AddChain(name, lines);
        }

        foreach (var name in old.Chains.Keys.Where(name => !now.Chains.ContainsKey(name)))
        {
            RemoveChain(name);
        }

        foreach (var (name, definition) in now.Sets.Where(set => !old.Sets.ContainsKey(set.Key)))
        {
            AddSet(name, definition);
        }

        foreach (var name in old.Sets.Keys.Where(name => !now.Sets.ContainsKey(name)))
        {
            RemoveSet(name);
        }
    }

    public void ReplaceFlows(ServiceRules old, ServiceRules now) => _staleFlows.UnionWith(old.UdpFlows.Except(now.UdpFlows));

    /// <summary>Has all datagrams' ways from a map's element forgotten, when nobody remembers where they went.</summary>
    public void ForgetFlows(MapElement element)
    {
        // "10.96.0.7 . udp . 53" or, for a node port, "udp . 30053".
        var parts = element.Key.Split(" . ");
        if (parts.Length >= 2 && parts[^2] == "udp" && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            _staleFlows.Add(new UdpFlow(parts.Length == 3 ? parts[0] : "", port, "", 0));
        }
    }
}
