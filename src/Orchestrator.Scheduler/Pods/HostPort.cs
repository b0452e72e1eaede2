using Orchestrator.Api.Core.V1;

namespace Orchestrator.Scheduler.Pods;

/// <summary>A port of the host that a pod takes; address 0.0.0.0 stands for all.</summary>
internal readonly record struct HostPort(string Address, string Protocol, int Port)
{
    private const string Any = "0.0.0.0";

    public bool ConflictsWith(HostPort other) =>
        Port == other.Port && Protocol == other.Protocol && (Address == other.Address || Address == Any || other.Address == Any);

    /// <summary>Those of the containers and of init containers that stay.</summary>
    public static HostPort[] Of(PodSpec spec)
    {
        List<HostPort>? ports = null;
        foreach (var container in spec.Containers)
        {
            Add(container, ref ports);
        }

        foreach (var container in spec.InitContainers)
        {
            if (container.RestartPolicy == "Always")
            {
                Add(container, ref ports);
            }
        }

        return ports is null ? [] : [.. ports];
    }

    private static void Add(Container container, ref List<HostPort>? ports)
    {
        foreach (var port in container.Ports)
        {
            if (port.HostPort > 0)
            {
                (ports ??= []).Add(new(port.HostIP.Length == 0 ? Any : port.HostIP, port.Protocol.Length == 0 ? "TCP" : port.Protocol, port.HostPort));
            }
        }
    }
}
