using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Warnings;

/// <summary>What of a service does nothing, is spelled oddly, or will go away.</summary>
internal static class ServiceWarnings
{
    private const string TopologyHints = "service.kubernetes.io/topology-aware-hints";

    public static void Add(Service service, List<string> warnings)
    {
        var spec = service.Spec;
        if (service.Metadata.Annotations.ContainsKey(TopologyHints))
        {
            warnings.Add($"annotation {TopologyHints} is deprecated, please use service.kubernetes.io/topology-mode instead");
        }

        Headless(spec, warnings);
        Addresses(spec, warnings);
        if (spec is { Type: "ExternalName", ExternalIPs.Count: > 0 })
        {
            warnings.Add("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
        }

        if (spec.Type != "ExternalName" && spec.ExternalName.Length > 0)
        {
            warnings.Add("spec.externalName is ignored when spec.type is not \"ExternalName\"");
        }

        if (spec.TrafficDistribution == "PreferClose")
        {
            warnings.Add("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"");
        }
    }

    private static void Headless(ServiceSpec spec, List<string> warnings)
    {
        if (spec is not { Type: "ClusterIP", ClusterIP: "None" })
        {
            return;
        }

        if (spec.LoadBalancerIP.Length > 0)
        {
            warnings.Add("spec.loadBalancerIP is ignored for headless services");
        }

        if (spec.ExternalIPs.Count > 0)
        {
            warnings.Add("spec.externalIPs is ignored for headless services");
        }

        if (spec.SessionAffinity is not ("" or "None"))
        {
            warnings.Add("spec.SessionAffinity is ignored for headless services");
        }
    }

    private static void Addresses(ServiceSpec spec, List<string> warnings)
    {
        if (spec.Type != "ExternalName" && spec.ClusterIP is not ("" or "None"))
        {
            Each(spec.ClusterIPs, "clusterIPs");
        }

        Each(spec.ExternalIPs, "externalIPs");
        if (spec is { ExternalIPs.Count: > 0, Type: not "ExternalName" } and not { Type: "ClusterIP", ClusterIP: "None" })
        {
            warnings.Add("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
        }

        if (spec.LoadBalancerIP.Length > 0)
        {
            AddressWarnings.Ip(spec.LoadBalancerIP, FieldPath.Spec.Child("loadBalancerIP"), warnings);
        }

        for (var i = 0; i < spec.LoadBalancerSourceRanges.Count; i++)
        {
            AddressWarnings.Cidr(spec.LoadBalancerSourceRanges[i], FieldPath.Spec.Child("loadBalancerSourceRanges").Index(i), warnings);
        }

        void Each(IReadOnlyList<string> addresses, string field)
        {
            for (var i = 0; i < addresses.Count; i++)
            {
                if (addresses[i].Contains(':', StringComparison.Ordinal))
                {
                    AddressWarnings.Ip(addresses[i], FieldPath.Spec.Child(field).Index(i), warnings);
                }
            }
        }
    }
}
