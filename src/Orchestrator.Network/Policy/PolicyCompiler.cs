using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Client;
using Orchestrator.Network.Commands;
using Orchestrator.Network.Services;

namespace Orchestrator.Network.Policy;

/// <summary>Compiles policies into the rules of one node. A pure function of its input.</summary>
/// <remarks>
/// A pod that some policy selects leads, by its address, to a chain that asks each of its policies and drops what none allows. Peers are
/// sets, one per selector, so that pods which come and go change elements and not rules.
/// </remarks>
internal sealed class PolicyCompiler
{
    private readonly PolicyRuleset _rules = new();
    private readonly IReadOnlyCollection<PodInfo> _pods;
    private readonly IReadOnlyDictionary<string, ApiMap<string>> _namespaces;

    // Thousands of pods come from dozens of templates; a selector looks at each set of labels once.
    private readonly List<(string Namespace, ApiMap<string> Labels, List<PodInfo> Pods)> _kinds;

    private PolicyCompiler(IReadOnlyCollection<PodInfo> pods, IReadOnlyDictionary<string, ApiMap<string>> namespaces)
    {
        _pods = pods;
        _namespaces = namespaces;
        _kinds = [.. pods.GroupBy(pod => (pod.Namespace, pod.Labels)).Select(group => (group.Key.Namespace, group.Key.Labels, group.ToList()))];
    }

    /// <param name="policies">All of the cluster.</param>
    /// <param name="pods">All of the cluster that have an address of their own.</param>
    /// <param name="namespaces">Labels by name.</param>
    /// <param name="node">The node to compile for.</param>
    public static PolicyRuleset Compile(
        IReadOnlyCollection<PolicyInfo> policies, IReadOnlyCollection<PodInfo> pods, IReadOnlyDictionary<string, ApiMap<string>> namespaces, string node)
    {
        var compiler = new PolicyCompiler(pods, namespaces);
        compiler.AddDirection(PolicyRuleset.IngressPods, "ingress", "saddr", [.. policies.Where(policy => policy.Ingress is not null)], policy => policy.Ingress!, node);
        compiler.AddDirection(PolicyRuleset.EgressPods, "egress", "daddr", [.. policies.Where(policy => policy.Egress is not null)], policy => policy.Egress!, node);
        return compiler._rules;
    }

    private void AddDirection(
        string map, string direction, string peerField, IReadOnlyList<PolicyInfo> policies, Func<PolicyInfo, IReadOnlyList<PolicyRule>> rulesOf, string node)
    {
        var chains = new Dictionary<PolicyInfo, string>(ReferenceEqualityComparer.Instance);
        foreach (var (ns, labels, pods) in _kinds)
        {
            var local = pods.Where(pod => pod.NodeName == node).ToList();
            var selecting = local.Count == 0
                ? []
                : policies.Where(policy => policy.Namespace == ns && policy.Pods.Matches(labels)).OrderBy(policy => policy.Name, StringComparer.Ordinal).ToList();
            if (selecting.Count == 0)
            {
                continue;
            }

            var lines = new List<string>();
            foreach (var policy in selecting)
            {
                if (!chains.TryGetValue(policy, out var chain))
                {
                    chains[policy] = chain = AddPolicy(direction, peerField, policy, rulesOf(policy));
                }

                lines.Add($"jump {chain}");
            }

            var podChain = AddChain($"{direction}-pods", ns, [.. lines, "drop"]);
            foreach (var pod in local)
            {
                _rules.Elements[new MapElement(map, pod.Address)] = $"goto {podChain}";
            }
        }
    }

    private string AddPolicy(string direction, string peerField, PolicyInfo policy, IReadOnlyList<PolicyRule> rules)
    {
        var lines = new List<string>();
        foreach (var rule in rules)
        {
            // Named ports are those of whoever receives: the policy's own pods, or the peers.
            var peers = rule.Peers.Count == 0
                ? [(Match: "", Receivers: _pods.ToList())]
                : rule.Peers.Select(peer => Peer(policy, peer, peerField)).OfType<(string Match, List<PodInfo> Receivers)>().ToList();
            foreach (var (match, receivers) in peers)
            {
                var named = direction == "ingress" ? Select(policy.Namespace, policy.Pods) : receivers;
                lines.AddRange(Ports(rule.Ports, named).Select(port => $"{match}{port}accept"));
            }
        }

        return AddChain(direction, $"{policy.Namespace}/{policy.Name}", lines);
    }

    private (string Match, List<PodInfo> Receivers)? Peer(PolicyInfo policy, PolicyPeer peer, string field)
    {
        if (peer.Block.Length > 0)
        {
            return peer.Block.Contains(':')
                ? null // Another family's traffic never comes by here.
                : ($"ip {field} {peer.Block} {string.Concat(peer.Except.Select(except => $"ip {field} != {except} "))}", []);
        }

        var pods = peer.Namespaces is null
            ? Select(policy.Namespace, peer.Pods)
            : [.. _namespaces.Where(ns => peer.Namespaces.Matches(ns.Value)).SelectMany(ns => Select(ns.Key, peer.Pods))];
        var scope = peer.Namespaces is null ? $"namespace {policy.Namespace}" : $"namespaces {peer.Namespaces}";
        var set = $"pods-{ContentName.Hash($"{scope} pods {peer.Pods}")}";
        _rules.Sets[set] = "ipv4_addr";
        foreach (var pod in pods)
        {
            _rules.Elements[new MapElement(set, pod.Address)] = "";
        }

        return ($"ip {field} @{set} ", pods);
    }

    private IEnumerable<string> Ports(IReadOnlyList<PolicyPort> ports, List<PodInfo> receivers)
    {
        if (ports.Count == 0)
        {
            yield return "";
        }

        foreach (var port in ports)
        {
            var protocol = port.Protocol.Keyword();
            if (port.Name.Length == 0)
            {
                yield return port.First == 0
                    ? $"meta l4proto {protocol} "
                    : $"meta l4proto {protocol} th dport {(port.First == port.Last ? $"{port.First}" : $"{port.First}-{port.Last}")} ";
                continue;
            }

            var elements = receivers.SelectMany(pod => pod.NamedPorts
                .Where(named => named.Name == port.Name && named.Protocol == port.Protocol)
                .Select(named => $"{pod.Address} . {protocol} . {named.Port}")).Order(StringComparer.Ordinal).ToList();

            // Who the receivers are depends on the rule, so the set is named after what is in it.
            var set = $"ports-{ContentName.Hash(string.Join(',', elements))}";
            _rules.Sets[set] = "ipv4_addr . inet_proto . inet_service";
            foreach (var element in elements)
            {
                _rules.Elements[new MapElement(set, element)] = "";
            }

            yield return $"ip daddr . meta l4proto . th dport @{set} ";
        }
    }

    private List<PodInfo> Select(string ns, LabelMatcher? labels) =>
        [.. _kinds.Where(kind => kind.Namespace == ns && (labels is null || labels.Matches(kind.Labels))).SelectMany(kind => kind.Pods)];

    private string AddChain(string role, string label, IReadOnlyList<string> lines)
    {
        var name = $"{role}-{ContentName.Hash($"{label}\n{string.Join('\n', lines)}")}-{label}";
        _rules.Chains[name] = lines;
        return name;
    }
}
