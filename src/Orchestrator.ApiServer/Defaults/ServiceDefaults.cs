using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Services. Addresses, families and node ports are given later, by storage.</summary>
internal static class ServiceDefaults
{
    public static void Service(Service service)
    {
        var spec = service.Own<ServiceSpec>(Api.Core.V1.Service.Fields.Spec);
        spec.Default(ServiceSpec.Fields.SessionAffinity, "None");
        if (spec.SessionAffinity == "None")
        {
            spec.Set(ServiceSpec.Fields.SessionAffinityConfig, null);
        }
        else if (spec.SessionAffinity == "ClientIP")
        {
            spec.Own<SessionAffinityConfig>(ServiceSpec.Fields.SessionAffinityConfig)
                .Own<ClientIPConfig>(SessionAffinityConfig.Fields.ClientIP)
                .Default(ClientIPConfig.Fields.TimeoutSeconds, 10800);
        }

        spec.Default(ServiceSpec.Fields.Type, "ClusterIP");
        foreach (var port in spec.Ports)
        {
            port.Default(ServicePort.Fields.Protocol, "TCP");
            if (port.TargetPort is { Int: 0, Text: null or "" })
            {
                port.Set(ServicePort.Fields.TargetPort, new IntOrString(port.Port));
            }
        }

        var external = spec.Type is "LoadBalancer" or "NodePort" || (spec.Type == "ClusterIP" && spec.ExternalIPs.Count > 0);
        if (external && spec.ExternalTrafficPolicy.Length == 0)
        {
            spec.Set(ServiceSpec.Fields.ExternalTrafficPolicy, "Cluster");
        }

        if (spec.Type is "ClusterIP" or "NodePort" or "LoadBalancer")
        {
            spec.Default(ServiceSpec.Fields.InternalTrafficPolicy, "Cluster");
        }

        if (spec.Type == "LoadBalancer")
        {
            spec.Default(ServiceSpec.Fields.AllocateLoadBalancerNodePorts, true);
            foreach (var ingress in service.Status.LoadBalancer.Ingress)
            {
                if (ingress.Ip.Length > 0)
                {
                    ingress.Default(LoadBalancerIngress.Fields.IpMode, "VIP");
                }
            }
        }
    }
}
