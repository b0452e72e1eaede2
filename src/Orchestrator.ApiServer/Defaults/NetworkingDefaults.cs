using Orchestrator.Api;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Api.Networking.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Network policies, ingress classes, endpoint slices.</summary>
internal static class NetworkingDefaults
{
    public static void NetworkPolicy(NetworkPolicy policy)
    {
        var spec = policy.Own<NetworkPolicySpec>(Api.Networking.V1.NetworkPolicy.Fields.Spec);
        if (spec.PolicyTypes.Count == 0)
        {
            spec.Set(NetworkPolicySpec.Fields.PolicyTypes, spec.Egress.Count > 0 ? ApiList.Create<string>(["Ingress", "Egress"]) : ApiList.Create<string>(["Ingress"]));
        }

        foreach (var rule in spec.Ingress)
        {
            Ports(rule.Ports);
        }

        foreach (var rule in spec.Egress)
        {
            Ports(rule.Ports);
        }
    }

    public static void IngressClass(IngressClass ingressClass) =>
        ingressClass.Spec.Parameters?.Default(IngressClassParametersReference.Fields.Scope, "Cluster");

    public static void EndpointSlice(EndpointSlice slice)
    {
        foreach (var port in slice.Ports)
        {
            port.Default(EndpointPort.Fields.Name, "");
            port.Default(EndpointPort.Fields.Protocol, "TCP");
        }
    }

    private static void Ports(ApiList<NetworkPolicyPort> ports)
    {
        foreach (var port in ports)
        {
            port.Default(NetworkPolicyPort.Fields.Protocol, "TCP");
        }
    }
}
