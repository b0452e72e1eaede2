using System.Net;
using System.Net.Sockets;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;

namespace Orchestrator.Network.Services;

/// <summary>From the API's objects to what the data path needs of them.</summary>
internal static class ServiceConversion
{
    private const string ServiceNameLabel = "kubernetes.io/service-name";
    private const string ProxyNameLabel = "service.kubernetes.io/service-proxy-name";
    private const string HeadlessLabel = "service.kubernetes.io/headless";
    private static readonly TimeSpan AffinityTimeoutDefault = TimeSpan.FromSeconds(10800);

    /// <summary>Converts a Service.</summary>
    /// <returns><see langword="null"/> if it has no address yet.</returns>
    public static ServiceInfo? Convert(Service service)
    {
        var spec = service.Spec;
        var isExternalName = spec.Type == "ExternalName";
        if (!isExternalName && spec.ClusterIP.Length == 0)
        {
            return null;
        }

        var isBalanced = spec.Type == "LoadBalancer";
        var hasNodePorts = isBalanced || spec.Type == "NodePort";
        IEnumerable<string> clusterIPs = spec.ClusterIPs.Count > 0 ? spec.ClusterIPs : [spec.ClusterIP];
        return new ServiceInfo
        {
            Key = new ServiceKey(service.Metadata.Namespace, service.Metadata.Name),
            Kind = isExternalName ? ServiceKind.ExternalName : spec.ClusterIP == "None" ? ServiceKind.Headless : ServiceKind.ClusterIP,
            ClusterIPs = Addresses(clusterIPs),
            ExternalIPs = Addresses(spec.ExternalIPs),
            LoadBalancerIPs = isBalanced
                ? Addresses(service.Status.LoadBalancer.Ingress.Where(ingress => ingress.IpMode is null or "VIP").Select(ingress => ingress.Ip))
                : [],
            LoadBalancerSourceRanges = isBalanced
                ? spec.LoadBalancerSourceRanges.Select(Cidr.Normalize).OfType<string>().ToEquatableArray()
                : [],
            Ports = spec.Ports.Select(port => (Port: port, Protocol: TransportProtocols.Parse(port.Protocol)))
                .Where(pair => pair.Protocol is not null)
                .Select(pair => new ServicePortInfo(pair.Port.Name, pair.Protocol!.Value, pair.Port.Port, hasNodePorts ? pair.Port.NodePort : 0))
                .ToEquatableArray(),
            ExternalName = isExternalName ? spec.ExternalName : "",
            AffinityTimeout = spec.SessionAffinity == "ClientIP"
                ? spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : AffinityTimeoutDefault
                : null,
            InternalTrafficLocal = spec.InternalTrafficPolicy == "Local",
            ExternalTrafficLocal = spec.ExternalTrafficPolicy == "Local",
            HealthCheckNodePort = isBalanced && spec.ExternalTrafficPolicy == "Local" ? spec.HealthCheckNodePort : 0,
            PublishNotReadyAddresses = spec.PublishNotReadyAddresses,
            IsProxiedElsewhere = service.Metadata.Labels.ContainsKey(ProxyNameLabel) || service.Metadata.Labels.ContainsKey(HeadlessLabel),
        };
    }

    /// <summary>Converts an EndpointSlice.</summary>
    /// <returns><see langword="null"/> if it belongs to no Service or its addresses are names.</returns>
    public static EndpointSliceInfo? Convert(EndpointSlice slice)
    {
        if (!slice.Metadata.Labels.TryGetValue(ServiceNameLabel, out var service) || service.Length == 0 || slice.AddressType is not ("IPv4" or "IPv6"))
        {
            return null;
        }

        return new EndpointSliceInfo
        {
            Service = new ServiceKey(slice.Metadata.Namespace, service),
            Name = slice.Metadata.Name,
            IPv6 = slice.AddressType == "IPv6",
            Ports = slice.Ports.Select(port => (Port: port, Protocol: TransportProtocols.Parse(port.Protocol ?? "")))
                .Where(pair => pair.Protocol is not null)
                .Select(pair => new EndpointPortInfo(pair.Port.Name ?? "", pair.Protocol!.Value, pair.Port.Port ?? 0))
                .ToEquatableArray(),
            Endpoints = slice.Endpoints.Where(endpoint => endpoint.Addresses.Count > 0 && IPAddress.TryParse(endpoint.Addresses[0], out _))
                .Select(Convert).ToEquatableArray(),
        };
    }

    private static EndpointInfo Convert(Endpoint endpoint)
    {
        // Absent means "unknown", which consumers take for ready; serving follows ready where nobody says otherwise.
        var ready = endpoint.Conditions.Ready ?? true;
        return new EndpointInfo
        {
            // All addresses of an endpoint are equal and consumers use the first (discovery.k8s.io/v1).
            Address = IPAddress.Parse(endpoint.Addresses[0]).ToString(),
            NodeName = endpoint.NodeName ?? "",
            Hostname = endpoint.Hostname ?? "",
            Ready = ready,
            Serving = endpoint.Conditions.Serving ?? ready,
            Terminating = endpoint.Conditions.Terminating ?? false,
            TargetUid = endpoint.TargetRef?.Uid ?? "",
            ForZones = endpoint.Hints?.ForZones.Select(zone => zone.Name).ToEquatableArray() ?? [],
            ForNodes = endpoint.Hints?.ForNodes.Select(node => node.Name).ToEquatableArray() ?? [],
        };
    }

    private static EquatableArray<string> Addresses(IEnumerable<string> texts) =>
        texts.Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>()
            .Where(address => address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
            .Select(address => address.ToString()).ToEquatableArray();
}
