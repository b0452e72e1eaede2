using System.Globalization;
using Orchestrator.Network.Commands;
using Orchestrator.Network.Services;

namespace Orchestrator.Network.Proxy;

/// <summary>Compiles a Service into rules. A pure function: the same Service always gives the same names and texts.</summary>
internal static class ServiceRulesCompiler
{
    public static ServiceRules Compile(ServiceState state, ProxyOptions options)
    {
        if (state.Service.Kind != ServiceKind.ClusterIP || state.Service.IsProxiedElsewhere)
        {
            return ServiceRules.None;
        }

        var rules = new ServiceRules();
        var clusterIPs = IPv4(state.Service.ClusterIPs).Where(address => !options.LocalAddresses.Contains(address)).ToArray();
        foreach (var address in clusterIPs)
        {
            rules.Elements[new MapElement(BaseRules.ClusterIPs, address)] = "";
        }

        foreach (var port in state.Service.Ports)
        {
            new PortCompiler(state.Service, port, PortEndpoints.Choose(state, port, options), clusterIPs, options, rules).Compile();
        }

        if (state.Service.HealthCheckNodePort > 0)
        {
            // Counted per endpoint, not per port of it, and only those that take new connections.
            var local = state.Slices.SelectMany(slice => slice.Endpoints)
                .Where(endpoint => endpoint.Ready && endpoint.NodeName == options.NodeName)
                .Select(endpoint => endpoint.Address).Distinct().Count();
            rules.HealthCheck = new HealthCheck(state.Service.Key, state.Service.HealthCheckNodePort, local);
        }

        return rules;
    }

    private static IEnumerable<string> IPv4(EquatableArray<string> addresses) => addresses.Where(address => !address.Contains(':'));

    /// <summary>The work on one port, with what all its steps need at hand.</summary>
    private sealed class PortCompiler(
        ServiceInfo service, ServicePortInfo port, PortEndpoints endpoints, string[] clusterIPs, ProxyOptions options, ServiceRules rules)
    {
        private readonly string _protocol = port.Protocol.Keyword();
        private readonly string _cidrs = string.Join(", ", options.ClusterCidrs);

        private string Label => $"{service.Key.Namespace}/{service.Key.Name}/{_protocol}/{(port.Name.Length > 0 ? port.Name : Text(port.Port))}";

        public void Compile()
        {
            var external = IPv4(service.ExternalIPs).Concat(IPv4(service.LoadBalancerIPs)).Distinct().ToArray();
            if (clusterIPs.Length == 0 && external.Length == 0 && port.NodePort == 0)
            {
                return;
            }

            var isExternal = external.Length > 0 || port.NodePort > 0;
            var needsLocal = service.InternalTrafficLocal || (isExternal && service.ExternalTrafficLocal);
            var needsCluster = !service.InternalTrafficLocal || isExternal;
            var cluster = needsCluster ? AddServiceChain("service", endpoints.Cluster) : null;
            var local = needsLocal ? AddServiceChain("local", endpoints.Local) : null;

            // 1. Traffic to the cluster IP.
            var within = service.InternalTrafficLocal ? local : cluster;
            foreach (var address in clusterIPs)
            {
                AddAddress(address, within);
                AddFlows(address, port.Port, service.InternalTrafficLocal ? endpoints.Local : endpoints.Cluster);
            }

            // 2. Traffic from outside, to external addresses, load balancers' addresses and node ports.
            if (isExternal)
            {
                var reachable = service.ExternalTrafficLocal ? local : cluster;
                var entry = endpoints.Any ? AddExternalChain(cluster, local) : null;
                IReadOnlyList<PortEndpoint> flows = service.ExternalTrafficLocal
                    ? [.. endpoints.Cluster.Concat(endpoints.Local).Distinct()]
                    : endpoints.Cluster;
                foreach (var address in external)
                {
                    AddAddress(address, entry, refused: reachable is null);
                    AddFlows(address, port.Port, flows);
                }

                if (port.NodePort > 0)
                {
                    AddElement(BaseRules.ServiceNodePorts, BaseRules.NoEndpointNodePorts, $"{_protocol} . {port.NodePort}", entry, reachable is null);
                    AddFlows("", port.NodePort, flows);
                }

                AddFirewall();
            }
        }

        private void AddAddress(string address, string? chain, bool refused = false) =>
            AddElement(BaseRules.ServiceIPs, BaseRules.NoEndpointIPs, $"{address} . {_protocol} . {port.Port}", chain, refused || chain is null);

        private void AddElement(string map, string refusals, string key, string? chain, bool refused)
        {
            if (chain is not null)
            {
                rules.Elements[new MapElement(map, key)] = $"goto {chain}";
            }

            if (refused)
            {
                // Nobody anywhere: say so at once. Somebody, but not on this node: keep silent, so that a load balancer tries another.
                rules.Elements[new MapElement(refusals, key)] = endpoints.Any ? "drop" : $"goto {BaseRules.RejectChain}";
            }
        }

        private void AddFlows(string address, int flowPort, IReadOnlyList<PortEndpoint> targets)
        {
            if (port.Protocol != TransportProtocol.Udp)
            {
                return;
            }

            foreach (var target in targets)
            {
                rules.UdpFlows.Add(new UdpFlow(address, flowPort, target.Address, target.Port));
            }

            if (targets.Count == 0)
            {
                rules.UdpFlows.Add(new UdpFlow(address, flowPort, "", 0));
            }
        }

        /// <summary>A chain that picks one of some endpoints.</summary>
        /// <returns>Its name, or <see langword="null"/> without endpoints.</returns>
        private string? AddServiceChain(string role, IReadOnlyList<PortEndpoint> targets)
        {
            if (targets.Count == 0)
            {
                return null;
            }

            foreach (var target in targets.Where(target => target.Endpoint.NodeName == options.NodeName))
            {
                // A pod that reaches itself through its Service must see somebody else's address, or it would answer itself directly.
                rules.Elements[new MapElement(BaseRules.Hairpin, $"{target.Address} . {target.Address}")] = "";
            }

            return AddChain(role, Label, service.AffinityTimeout is { } timeout ? StickyLines(targets, timeout) : RandomLines(targets));
        }

        /// <summary>One rule, however many endpoints: the kernel walks all rules at each transaction, so few of them keep large clusters quick.</summary>
        private List<string> RandomLines(IReadOnlyList<PortEndpoint> targets) =>
        [
            targets.Count == 1
                ? $"meta l4proto {_protocol} dnat to {targets[0].Target}"
                : $"meta l4proto {_protocol} dnat ip addr . port to numgen random mod {targets.Count} map "
                    + $"{{ {string.Join(", ", targets.Select((target, i) => $"{i} : {target.Address} . {target.Port}"))} }}",
        ];

        /// <summary>A chain for each endpoint, which notes its clients; a client that is noted somewhere goes there again.</summary>
        private List<string> StickyLines(IReadOnlyList<PortEndpoint> targets, TimeSpan timeout)
        {
            var lines = new List<string>();
            var chains = targets.Select(target => (Chain: AddEndpointChain(target, timeout, out var sticky), Sticky: sticky)).ToList();
            lines.AddRange(chains.Select(chain => $"ip saddr @{chain.Sticky} goto {chain.Chain}"));
            lines.Add(chains.Count == 1
                ? $"goto {chains[0].Chain}"
                : $"numgen random mod {chains.Count} vmap {{ {string.Join(", ", chains.Select((chain, i) => $"{i} : goto {chain.Chain}"))} }}");
            return lines;
        }

        private string AddEndpointChain(PortEndpoint target, TimeSpan timeout, out string sticky)
        {
            var seconds = Text((int)timeout.TotalSeconds);
            sticky = $"affinity-{ContentName.Hash($"{Label} {target.Target} {seconds}")}-{Label}__{target.Address}/{target.Port}";
            rules.Sets[sticky] = $"{{ type ipv4_addr; flags dynamic, timeout; timeout {seconds}s; }}";
            return AddChain(
                "endpoint",
                $"{Label}__{target.Address}/{target.Port}",
                [$"update @{sticky} {{ ip saddr }}", $"meta l4proto {_protocol} dnat to {target.Target}"]);
        }

        private string? AddExternalChain(string? cluster, string? local)
        {
            var lines = new List<string>();
            if (service.ExternalTrafficLocal)
            {
                // Pods and this node itself may go anywhere: the policy is about clients whose address has to be kept.
                if (cluster is not null)
                {
                    if (_cidrs.Length > 0)
                    {
                        lines.Add($"ip saddr {{ {_cidrs} }} goto {cluster}");
                    }

                    lines.Add($"fib saddr type local jump {BaseRules.MarkChain}");
                    lines.Add($"fib saddr type local goto {cluster}");
                }

                if (local is not null)
                {
                    lines.Add($"goto {local}");
                }
            }
            else if (cluster is not null)
            {
                lines.Add($"jump {BaseRules.MarkChain}");
                lines.Add($"goto {cluster}");
            }

            return lines.Count > 0 ? AddChain("external", Label, lines) : null;
        }

        private void AddFirewall()
        {
            var ranges = IPv4(service.LoadBalancerSourceRanges).ToArray();
            if (ranges.Length == 0)
            {
                return;
            }

            string? chain = null;
            foreach (var address in IPv4(service.LoadBalancerIPs))
            {
                chain ??= ranges.Contains("0.0.0.0/0")
                    ? AddChain("firewall", Label, [])
                    : AddChain("firewall", Label, [.. Ranges(ranges), "drop"]);
                rules.Elements[new MapElement(BaseRules.FirewallIPs, $"{address} . {_protocol} . {port.Port}")] = $"goto {chain}";
            }
        }

        // One rule each: ranges may overlap, which an anonymous set would refuse.
        private static IEnumerable<string> Ranges(IEnumerable<string> ranges) => ranges.Select(range => $"ip saddr {range} return");

        private string AddChain(string role, string label, IReadOnlyList<string> lines)
        {
            var name = $"{role}-{ContentName.Hash($"{label}\n{string.Join('\n', lines)}")}-{label}";
            rules.Chains[name] = lines;
            return name;
        }

        private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
