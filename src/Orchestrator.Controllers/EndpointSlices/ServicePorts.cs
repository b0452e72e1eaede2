using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using SlicePort = Orchestrator.Api.Discovery.V1.EndpointPort;

namespace Orchestrator.Controllers.EndpointSlices;

/// <summary>Where a Service's ports lead in a pod.</summary>
internal static class ServicePorts
{
    /// <summary>The ports of a pod; those whose target is a name that the pod does not have are left out.</summary>
    public static ApiList<SlicePort> Of(Service service, Pod pod)
    {
        var ports = new List<SlicePort>(service.Spec.Ports.Count);
        foreach (var port in service.Spec.Ports)
        {
            if (Resolve(port, pod) is { } number)
            {
                ports.Add(new()
                {
                    Name = port.Name,
                    Port = number,
                    Protocol = port.Protocol.Length == 0 ? "TCP" : port.Protocol,
                    AppProtocol = port.AppProtocol,
                });
            }
        }

        return ports.ToApiList();
    }

    /// <summary>The number that a Service port means in a pod; null if its target is a name that the pod does not have.</summary>
    public static int? Resolve(ServicePort port, Pod pod)
    {
        if (port.TargetPort.Text is not { } name)
        {
            return port.TargetPort.Int == 0 ? port.Port : port.TargetPort.Int;
        }

        var protocol = port.Protocol.Length == 0 ? "TCP" : port.Protocol;
        foreach (var container in pod.Spec.Containers)
        {
            if (Find(container) is { } found)
            {
                return found;
            }
        }

        // Init containers that stay count as containers.
        foreach (var container in pod.Spec.InitContainers)
        {
            if (container.RestartPolicy == "Always" && Find(container) is { } found)
            {
                return found;
            }
        }

        return null;

        int? Find(Container container)
        {
            foreach (var candidate in container.Ports)
            {
                if (candidate.Name == name && (candidate.Protocol.Length == 0 ? "TCP" : candidate.Protocol) == protocol)
                {
                    return candidate.ContainerPortValue;
                }
            }

            return null;
        }
    }
}
