using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Network.Proxy;

/// <summary>The part of the table that no Service changes: hooks, maps, and the chains that all Services share.</summary>
/// <remarks>
/// <code>
/// prerouting -110  firewall-ips        clients that a load balancer's source ranges shut out
/// prerouting -100  services            address and port to endpoint (destination NAT); output -100 for this node's own traffic
/// forward    -110  refuse              what found no endpoint; output -90 for this node's own traffic, input for node ports
/// postrouting 100  masquerading        packets that the chains above marked
/// </code>
/// </remarks>
internal static class BaseRules
{
    public const string ServiceIPs = "service-ips";
    public const string ServiceNodePorts = "service-nodeports";
    public const string NoEndpointIPs = "no-endpoint-ips";
    public const string NoEndpointNodePorts = "no-endpoint-nodeports";
    public const string FirewallIPs = "firewall-ips";
    public const string ClusterIPs = "cluster-ips";

    /// <summary>Pods of this node that a Service may lead back to themselves, as pairs of the same address.</summary>
    public const string Hairpin = "hairpin";
    public const string MarkChain = "mark-for-masquerade";
    public const string RejectChain = "reject-no-endpoint";

    private const string AddressKey = "ipv4_addr . inet_proto . inet_service";
    private const string PortKey = "inet_proto . inet_service";

    /// <summary>The maps and sets whose elements belong to Services.</summary>
    public static IReadOnlyList<string> Maps { get; } = [ServiceIPs, ServiceNodePorts, NoEndpointIPs, NoEndpointNodePorts, FirewallIPs, ClusterIPs, Hairpin];

    /// <summary>An empty chain whose name tells the version of the rest: if it is there, all of it is.</summary>
    public static string Marker(ProxyOptions options) =>
        $"base-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Body(options))).AsSpan(0, 8))}";

    /// <summary>A script that makes the table anew, in the same transaction that drops an old one.</summary>
    public static string Script(ProxyOptions options) =>
        $$"""
        add table ip {{options.Table}}
        delete table ip {{options.Table}}
        table ip {{options.Table}} {
        {{Body(options)}}
        chain {{Marker(options)}} {
        }
        }

        """;

    /// <summary>Chains of Services are named after one, and a Service's name has a slash.</summary>
    public static bool IsSharedChain(string name) => !name.Contains('/');

    /// <summary>Whether a name of <see cref="Maps"/> is that of a set, whose elements lead nowhere.</summary>
    public static bool IsSet(string name) => name is ClusterIPs or Hairpin;

    private static string Body(ProxyOptions options)
    {
        // Replies to clients elsewhere must come back through this node, which alone knows the way back.
        var markOutsiders = options.ClusterCidrs.Count > 0
            ? $"ip daddr @{ClusterIPs} ip saddr != {{ {string.Join(", ", options.ClusterCidrs)} }} jump {MarkChain}"
            : "";
        var bit = $"0x{1 << options.MasqueradeBit:x}";
        return $$"""
            map {{ServiceIPs}} {
                type {{AddressKey}} : verdict
            }
            map {{ServiceNodePorts}} {
                type {{PortKey}} : verdict
            }
            map {{NoEndpointIPs}} {
                type {{AddressKey}} : verdict
            }
            map {{NoEndpointNodePorts}} {
                type {{PortKey}} : verdict
            }
            map {{FirewallIPs}} {
                type {{AddressKey}} : verdict
            }
            set {{ClusterIPs}} {
                type ipv4_addr
            }
            set {{Hairpin}} {
                type ipv4_addr . ipv4_addr
            }
            chain {{MarkChain}} {
                meta mark set meta mark or {{bit}}
            }
            chain {{RejectChain}} {
                reject
            }
            chain services {
                {{markOutsiders}}
                ip daddr . meta l4proto . th dport vmap @{{ServiceIPs}}
                ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport vmap @{{ServiceNodePorts}}
            }
            chain refuse {
                ip daddr . meta l4proto . th dport vmap @{{NoEndpointIPs}}
                ip daddr @{{ClusterIPs}} meta l4proto { tcp, udp, sctp } reject
            }
            chain firewall {
                type filter hook prerouting priority -110; policy accept;
                ct state new ip daddr . meta l4proto . th dport vmap @{{FirewallIPs}}
            }
            chain refuse-forwarded {
                type filter hook forward priority -110; policy accept;
                ct state new jump refuse
            }
            chain refuse-received {
                type filter hook input priority -110; policy accept;
                ct state new ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @{{NoEndpointNodePorts}}
            }
            chain refuse-sent {
                type filter hook output priority -90; policy accept;
                ct state new jump refuse
                ct state new ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport vmap @{{NoEndpointNodePorts}}
            }
            chain nat-received {
                type nat hook prerouting priority dstnat; policy accept;
                jump services
            }
            chain nat-sent {
                type nat hook output priority -100; policy accept;
                jump services
            }
            chain masquerading {
                type nat hook postrouting priority srcnat; policy accept;
                ip saddr . ip daddr @{{Hairpin}} masquerade fully-random
                meta mark & {{bit}} == 0 return
                meta mark set meta mark xor {{bit}}
                masquerade fully-random
            }
            """;
    }
}
