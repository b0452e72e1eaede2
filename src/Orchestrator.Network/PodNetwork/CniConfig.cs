using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.Network.PodNetwork;

/// <summary>The CNI configuration by which containerd connects pods.</summary>
/// <remarks>
/// Each pod gets a link of its own to the node, and packets are routed, not bridged (the ptp plugin): whatever goes from a pod to a
/// pod passes the node's packet filter, without br_netfilter, which not every kernel has and which changes the whole machine.
/// </remarks>
internal static class CniConfig
{
    public const string FileName = "10-orchestrator.conflist";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <param name="instance">The installation's short name.</param>
    /// <param name="podCidr">The network of this node's pods.</param>
    /// <param name="mtu">MTU of their links; 0 for the kernel's own.</param>
    /// <param name="stateDirectory">Where host-local remembers its addresses.</param>
    /// <param name="hostPorts">Whether the portmap plugin can be used.</param>
    public static string Text(string instance, string podCidr, int mtu, string stateDirectory, bool hostPorts)
    {
        var link = new JsonObject
        {
            ["type"] = "ptp",
            ["ipMasq"] = false, // Our own rule does it, for all pods at once.
            ["ipam"] = new JsonObject
            {
                ["type"] = "host-local",
                ["dataDir"] = stateDirectory,
                ["ranges"] = new JsonArray(new JsonArray(new JsonObject { ["subnet"] = podCidr })),
                ["routes"] = new JsonArray(new JsonObject { ["dst"] = "0.0.0.0/0" }),
            },
        };
        if (mtu > 0)
        {
            link["mtu"] = mtu;
        }

        var plugins = new JsonArray(link);
        if (hostPorts)
        {
            plugins.Add(new JsonObject
            {
                ["type"] = "portmap",
                ["capabilities"] = new JsonObject { ["portMappings"] = true },
                ["snat"] = true,
            });
        }

        return new JsonObject { ["cniVersion"] = "1.0.0", ["name"] = $"orchestrator-{instance}", ["plugins"] = plugins }.ToJsonString(Indented) + "\n";
    }
}
