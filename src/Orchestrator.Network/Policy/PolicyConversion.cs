using System.Net.Sockets;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Networking.V1;
using Orchestrator.Api.Selectors;
using Orchestrator.Client;
using Orchestrator.Network.Services;

namespace Orchestrator.Network.Policy;

/// <summary>From the API's objects to what policies are compiled from.</summary>
internal static class PolicyConversion
{
    /// <summary>What a block that makes no sense stands for: an address that nobody has (RFC 5737), since "nobody" is the safe reading.</summary>
    private const string NoBlock = "192.0.2.255/32";

    /// <summary>Converts a pod.</summary>
    /// <returns><see langword="null"/> if no policy can concern it: no address yet, the host's network, or finished.</returns>
    public static PodInfo? Convert(Pod pod)
    {
        if (pod.Spec.HostNetwork || pod.Status.Phase is "Succeeded" or "Failed")
        {
            return null;
        }

        var address = pod.Status.PodIPs.Select(ip => ip.Ip).Append(pod.Status.PodIP)
            .FirstOrDefault(ip => System.Net.IPAddress.TryParse(ip, out var parsed) && parsed.AddressFamily == AddressFamily.InterNetwork);
        if (address is null)
        {
            return null;
        }

        return new PodInfo
        {
            Namespace = pod.Metadata.Namespace,
            Name = pod.Metadata.Name,
            Labels = pod.Metadata.Labels,
            NodeName = pod.Spec.NodeName,
            Address = address,
            NamedPorts = pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(container => container.RestartPolicy == "Always"))
                .SelectMany(container => container.Ports)
                .Where(port => port.Name.Length > 0)
                .Select(port => new EndpointPortInfo(port.Name, TransportProtocols.Parse(port.Protocol) ?? TransportProtocol.Tcp, port.ContainerPortValue))
                .ToEquatableArray(),
        };
    }

    public static PolicyInfo Convert(NetworkPolicy policy)
    {
        var types = policy.Spec.PolicyTypes;
        var ingress = types.Count == 0 || types.Contains("Ingress");
        var egress = types.Count == 0 ? policy.Spec.Egress.Count > 0 : types.Contains("Egress");
        return new PolicyInfo
        {
            Namespace = policy.Metadata.Namespace,
            Name = policy.Metadata.Name,
            Pods = LabelMatcher.From(policy.Spec.PodSelector),
            Ingress = ingress ? [.. policy.Spec.Ingress.Select(rule => new PolicyRule(Peers(rule.From), Ports(rule.Ports)))] : null,
            Egress = egress ? [.. policy.Spec.Egress.Select(rule => new PolicyRule(Peers(rule.To), Ports(rule.Ports)))] : null,
        };
    }

    private static IReadOnlyList<PolicyPeer> Peers(IEnumerable<NetworkPolicyPeer> peers) =>
    [
        .. peers.Select(peer => peer.IpBlock is { } block
            ? new PolicyPeer { Block = Cidr.Normalize(block.Cidr) ?? NoBlock, Except = block.Except.Select(Cidr.Normalize).OfType<string>().Where(IsIPv4).ToEquatableArray() }
            : new PolicyPeer
            {
                Pods = peer.PodSelector is { } pods ? LabelMatcher.From(pods) : null,
                Namespaces = peer.NamespaceSelector is { } namespaces ? LabelMatcher.From(namespaces) : null,
            }),
    ];

    private static IReadOnlyList<PolicyPort> Ports(IEnumerable<NetworkPolicyPort> ports) =>
    [
        .. ports.Select(port =>
        {
            var protocol = TransportProtocols.Parse(port.Protocol ?? "") ?? TransportProtocol.Tcp;
            return port.Port is not { } value
                ? new PolicyPort(protocol, 0, 0, "")
                : value.IsText ? new PolicyPort(protocol, 0, 0, value.Text!) : new PolicyPort(protocol, value.Int, port.EndPort ?? value.Int, "");
        }),
    ];

    private static bool IsIPv4(string block) => !block.Contains(':');
}
