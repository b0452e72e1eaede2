using System.Globalization;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Strategies.Warnings;

/// <summary>Ports of a pod's containers that repeat each other, and host addresses without a host port.</summary>
internal static class PortWarnings
{
    public static void Add(PodSpec spec, FieldPath path, List<string> warnings)
    {
        List<(ContainerPort Port, FieldPath Path)>? seen = null;
        foreach (var (container, at) in AllContainers.Of(spec, path))
        {
            for (var i = 0; i < container.Ports.Count; i++)
            {
                var (port, here) = (container.Ports[i], at.Child("ports").Index(i));
                if (port.HostIP.Length > 0 && port.HostPort == 0)
                {
                    warnings.Add(string.Create(CultureInfo.InvariantCulture,
                        $"{here}: hostIP set without hostPort: {{Name:{port.Name} HostPort:0 ContainerPort:{port.ContainerPortValue} Protocol:{port.Protocol} HostIP:{port.HostIP}}}"));
                }

                seen ??= [];
                foreach (var (other, there) in seen)
                {
                    if (other.ContainerPortValue == port.ContainerPortValue && other.Protocol == port.Protocol && Conflict(port, other) is { } conflict)
                    {
                        warnings.Add($"{here}: {conflict} port definition with {there}");
                    }
                }

                seen.Add((port, here));
            }
        }

        Dictionary<string, FieldPath>? names = null;
        foreach (var (port, here) in seen ?? [])
        {
            if (port.Name.Length > 0 && !(names ??= []).TryAdd(port.Name, here))
            {
                warnings.Add($"{here}: duplicate port name {GoText.Quote(port.Name)} with {names[port.Name]}, services and probes that select ports by name will use {names[port.Name]}");
            }
        }
    }

    private static string? Conflict(ContainerPort port, ContainerPort other)
    {
        if (port.HostIP == other.HostIP && port.HostPort == other.HostPort)
        {
            return "duplicate";
        }

        return port.HostPort == 0 || other.HostPort == 0 ? "overlapping"
            : port.HostPort == other.HostPort && port.HostIP.Length == 0 != (other.HostIP.Length == 0) ? "dangerously ambiguous"
            : null;
    }
}
