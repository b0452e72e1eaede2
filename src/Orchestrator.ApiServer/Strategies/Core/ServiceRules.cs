using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Strategies.Core;

/// <summary>
/// What of a service's fields follows from others, before addresses and ports are allocated: the old field of one address and the new one of
/// several, what an update that leaves a field out keeps, and what a change of type drops.
/// </summary>
public static class ServiceRules
{
    /// <summary>Brings clusterIP and clusterIPs together; <paramref name="old"/> is null on create.</summary>
    public static void CompleteAddresses(Service service, Service? old)
    {
        var spec = service.Own<ServiceSpec>(Service.Fields.Spec);
        if (old is null)
        {
            if (spec.ClusterIP.Length > 0 && spec.ClusterIPs.Count == 0)
            {
                spec.Set(ServiceSpec.Fields.ClusterIPs, ApiList.Create<string>([spec.ClusterIP]));
            }

            return;
        }

        var (sameOne, sameList) = (spec.ClusterIP == old.Spec.ClusterIP, spec.ClusterIPs.Equals(old.Spec.ClusterIPs));
        if (sameOne && spec.ClusterIPs.Count == 0 && old.Spec.ClusterIPs.Count > 0)
        {
            spec.Set(ServiceSpec.Fields.ClusterIPs, old.Spec.ClusterIPs);
        }
        else if (!sameOne && sameList)
        {
            spec.Set(ServiceSpec.Fields.ClusterIPs, spec.ClusterIP.Length == 0 ? null : ApiList.Create<string>([spec.ClusterIP]));
        }
    }

    /// <summary>Addresses, families and ports that an update leaves out stay as they were, where the new type still needs them.</summary>
    public static void CarryOver(Service service, Service old)
    {
        var (spec, before) = (service.Own<ServiceSpec>(Service.Fields.Spec), old.Spec);
        if (HasAddress(spec) && HasAddress(before))
        {
            if (spec.ClusterIP.Length == 0)
            {
                spec.Set(ServiceSpec.Fields.ClusterIP, before.ClusterIP);
            }

            if (spec.ClusterIPs.Count == 0 && spec.ClusterIP == before.ClusterIP)
            {
                spec.Set(ServiceSpec.Fields.ClusterIPs, before.Slots[ServiceSpec.Fields.ClusterIPs]);
            }

            spec.Slots[ServiceSpec.Fields.IpFamilyPolicy] ??= before.Slots[ServiceSpec.Fields.IpFamilyPolicy];
            if (spec.IpFamilies.Count == 0)
            {
                spec.Slots[ServiceSpec.Fields.IpFamilies] = before.Slots[ServiceSpec.Fields.IpFamilies];
            }
        }

        if (HasNodePorts(spec) && HasNodePorts(before))
        {
            var taken = new HashSet<(string, int)>(spec.Ports.Where(static p => p.NodePort != 0).Select(static p => (p.Protocol, p.NodePort)));
            foreach (var port in spec.Ports)
            {
                if (port.NodePort == 0 && before.Ports.FirstOrDefault(p => p.Port == port.Port && p.Protocol == port.Protocol) is { NodePort: not 0 } was
                    && taken.Add((was.Protocol, was.NodePort)))
                {
                    port.Set(ServicePort.Fields.NodePort, was.NodePort);
                }
            }
        }

        if (NeedsHealthCheck(spec) && NeedsHealthCheck(before) && spec.HealthCheckNodePort == 0)
        {
            spec.Set(ServiceSpec.Fields.HealthCheckNodePort, before.HealthCheckNodePort);
        }
    }

    /// <summary>Fields that belong to the old type, and that the update did not touch, go with it.</summary>
    public static void DropForType(Service service, Service old)
    {
        var (spec, before) = (service.Own<ServiceSpec>(Service.Fields.Spec), old.Spec);
        if (HasAddress(before) && !HasAddress(spec))
        {
            if (spec.ClusterIP == before.ClusterIP && spec.ClusterIPs.Equals(before.ClusterIPs))
            {
                spec.Set(ServiceSpec.Fields.ClusterIP, null);
                spec.Set(ServiceSpec.Fields.ClusterIPs, null);
            }

            if (spec.IpFamilies.Equals(before.IpFamilies))
            {
                spec.Set(ServiceSpec.Fields.IpFamilies, null);
            }

            if (spec.IpFamilyPolicy == before.IpFamilyPolicy)
            {
                spec.Set(ServiceSpec.Fields.IpFamilyPolicy, null);
            }

            if (spec.InternalTrafficPolicy == before.InternalTrafficPolicy)
            {
                spec.Set(ServiceSpec.Fields.InternalTrafficPolicy, null);
            }
        }

        if (HasNodePorts(before) && !HasNodePorts(spec) && before.Type != spec.Type)
        {
            // Only when no node port was changed by hand.
            if (spec.Ports.All(p => p.NodePort == 0 || before.Ports.Any(b => b.NodePort == p.NodePort)))
            {
                foreach (var port in spec.Ports)
                {
                    port.Set(ServicePort.Fields.NodePort, null);
                }
            }
        }

        if (NeedsHealthCheck(before) && !NeedsHealthCheck(spec) && spec.HealthCheckNodePort == before.HealthCheckNodePort)
        {
            spec.Set(ServiceSpec.Fields.HealthCheckNodePort, null);
        }

        if (before.Type == "LoadBalancer" && spec.Type != "LoadBalancer")
        {
            if (spec.AllocateLoadBalancerNodePorts == before.AllocateLoadBalancerNodePorts)
            {
                spec.Set(ServiceSpec.Fields.AllocateLoadBalancerNodePorts, null);
            }

            if (spec.LoadBalancerClass == before.LoadBalancerClass)
            {
                spec.Set(ServiceSpec.Fields.LoadBalancerClass, null);
            }
        }

        if (IsExternal(before) && !IsExternal(spec) && spec.ExternalTrafficPolicy == before.ExternalTrafficPolicy)
        {
            spec.Set(ServiceSpec.Fields.ExternalTrafficPolicy, null);
        }

        if (before.Type == "ExternalName" && spec.Type != "ExternalName" && spec.ExternalName == before.ExternalName)
        {
            spec.Set(ServiceSpec.Fields.ExternalName, null);
        }
    }

    /// <summary>Whether the type gives the service an address of its own (or None).</summary>
    public static bool HasAddress(ServiceSpec spec) => spec.Type is "ClusterIP" or "NodePort" or "LoadBalancer";

    /// <summary>Whether its ports are opened on nodes.</summary>
    public static bool HasNodePorts(ServiceSpec spec) => spec.Type == "NodePort" || (spec.Type == "LoadBalancer" && spec.AllocateLoadBalancerNodePorts != false);

    /// <summary>Whether load balancers ask nodes if they have endpoints.</summary>
    public static bool NeedsHealthCheck(ServiceSpec spec) => spec is { Type: "LoadBalancer", ExternalTrafficPolicy: "Local" };

    /// <summary>Whether traffic from outside reaches the service.</summary>
    public static bool IsExternal(ServiceSpec spec) => spec.Type is "LoadBalancer" or "NodePort" || (spec.Type == "ClusterIP" && spec.ExternalIPs.Count > 0);
}
