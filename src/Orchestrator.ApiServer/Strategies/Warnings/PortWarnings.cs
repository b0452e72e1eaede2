using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Warnings;

/// <summary>Ports of a pod's containers that repeat each other, and host addresses without a host port.</summary>
internal static class PortWarnings
{
    public static void Add(PodSpec spec, Func<string, string, FieldPath> path, List<string> warnings)
    {
        Dictionary<(int, string, string, int), string>? numbers = null;
        Dictionary<string, string>? names = null;
        foreach (var (containers, field) in new[] { (spec.Containers, "containers"), (spec.InitContainers, "initContainers") })
        {
            for (var c = 0; c < containers.Count; c++)
            {
                // One-shot init containers run alone and share ports with nobody.
                if (field == "initContainers" && containers[c].RestartPolicy != "Always")
                {
                    continue;
                }

                for (var p = 0; p < containers[c].Ports.Count; p++)
                {
                    var port = containers[c].Ports[p];
                    if (port.HostIP.Length > 0 && port.HostPort == 0)
                    {
                        warnings.Add(string.Create(CultureInfo.InvariantCulture,
                            $"{At()}: hostIP set without hostPort: {{Name:{port.Name} HostPort:0 ContainerPort:{port.ContainerPortValue} Protocol:{port.Protocol} HostIP:{port.HostIP}}}"));
                    }

                    if (port.Name.Length > 0)
                    {
                        names ??= [];
                        if (names.TryGetValue(port.Name, out var other))
                        {
                            warnings.Add($"{At()}: duplicate port name {GoText.Quote(port.Name)} with {other}, services and probes that select ports by name will use {other}");
                        }
                        else
                        {
                            names[port.Name] = At();
                        }
                    }

                    if (containers.Count + spec.InitContainers.Count > 1 || containers[c].Ports.Count > 1)
                    {
                        numbers ??= [];
                        if (!numbers.TryAdd((port.ContainerPortValue, port.Protocol, port.HostIP, port.HostPort), At()))
                        {
                            warnings.Add($"{At()}: duplicate port definition with {numbers[(port.ContainerPortValue, port.Protocol, port.HostIP, port.HostPort)]}");
                        }
                    }

                    string At() => path("spec", field).Index(c).Child("ports").Index(p).ToString();
                }
            }
        }
    }
}
