using System.Net;
using Orchestrator.Network.PodNetwork;

namespace Orchestrator.Settings;

/// <summary>What an operator can say about a node.</summary>
internal sealed record AgentSettings
{
    private static readonly Setting<Uri?> ServerSetting = new("server", "The API server's URL", SettingValue.OptionalUrl, null);

    private static readonly Setting<string?> TokenSetting = new("token", "The join token that `orchestrator token create` printed; needed until the node has joined",
        SettingValue.OptionalText("TOKEN"), null);

    private static readonly Setting<string> NodeNameSetting = new("node-name", "The node's name (default: the machine's)", SettingValue.Text("NAME"),
        Environment.MachineName.ToLowerInvariant());

    private static readonly Setting<IPAddress?> NodeAddressSetting = new("node-ip", "The node's address (default: that of the default route)",
        SettingValue.OptionalAddress, null);

    private static readonly Setting<string?> ContainerdSetting = new("containerd", "The socket of a containerd to use instead of starting one",
        SettingValue.OptionalPath("SOCKET"), null);

    private static readonly Setting<int> KubeletPortSetting = new("kubelet-port", "The port for logs, exec and metrics (default 10250)", SettingValue.Port, 10250);

    private static readonly Setting<string?> CgroupSetting = new("cgroup-root", "The cgroup below which pods' cgroups are made (default: one for this data directory)",
        SettingValue.OptionalText("PATH"), null);

    private static readonly Setting<int> PodsMaxSetting = new("max-pods", "How many pods the node takes (default 110)", SettingValue.Count(1, 2000), 110);

    private static readonly Setting<string?> StaticPodsSetting = new("pod-manifest-path", "A folder of manifests of pods that the node runs by itself (default: static-pods in the data directory)",
        SettingValue.OptionalPath("DIR"), null);

    private static readonly Setting<PodNetworkMode> PodNetworkSetting = new("pod-network", "How packets get to other nodes' pods: by routes (nodes must be neighbours) or in VXLAN datagrams (across routers)",
        SettingValue.OneOf(("routes", PodNetworkMode.Routes), ("vxlan", PodNetworkMode.Vxlan)), PodNetworkMode.Routes);

    private static readonly Setting<string[]> TaintsSetting = new("register-with-taints", "Taints that the node has when it registers, such as key=value:NoSchedule",
        SettingValue.List("TAINT,..."), []);

    private static readonly Setting<string[]> EvictionSetting = new("eviction-hard", "How little may be left before pods are evicted",
        SettingValue.EvictionThresholds, ["memory.available<100Mi", "nodefs.available<10%", "nodefs.inodesFree<5%"]);

    /// <summary>For the flags of `up`, where the server's are given too.</summary>
    public static Setting[] NodeOnly { get; } = [NodeNameSetting, NodeAddressSetting, ContainerdSetting, KubeletPortSetting, CgroupSetting, PodsMaxSetting, StaticPodsSetting, TaintsSetting, EvictionSetting, PodNetworkSetting];

    public static Setting[] All { get; } =
    [
        ServerSetting, TokenSetting, ServerSettings.DataDirectorySetting, ServerSettings.ServiceRangeSetting, ServerSettings.PodRangeSetting,
        ServerSettings.ClusterDomainSetting, .. NodeOnly,
    ];

    public required DataDirectory DataDirectory { get; init; }

    /// <summary>Null when the server runs in this process.</summary>
    public required Uri? Server { get; init; }

    public required string? Token { get; init; }

    public required string NodeName { get; init; }

    /// <summary>Null means: find out.</summary>
    public required IPAddress? NodeAddress { get; init; }

    /// <summary>Null means: start our own.</summary>
    public required string? ContainerdSocket { get; init; }

    public required int KubeletPort { get; init; }

    /// <summary>Several nodes may share a machine's cgroup tree, so each has its own root.</summary>
    public required string CgroupRoot { get; init; }

    public required int PodsMax { get; init; }

    /// <summary>Must be the same on all nodes.</summary>
    public required PodNetworkMode PodNetwork { get; init; }

    /// <summary>Made if it is not there.</summary>
    public required string StaticPods { get; init; }

    public required IReadOnlyList<string> Taints { get; init; }

    /// <summary>Thresholds by upstream's names of their signals; those that are not named have their defaults.</summary>
    public required IReadOnlyDictionary<string, string> Eviction { get; init; }

    /// <summary>The Services' addresses; must be what the server has.</summary>
    public required IPNetwork ServiceRange { get; init; }

    /// <summary>All nodes' pods' addresses; must be what the server has.</summary>
    public required IPNetwork PodRange { get; init; }

    public required string ClusterDomain { get; init; }

    /// <exception cref="SettingException">A value cannot be read.</exception>
    public static AgentSettings Read(SettingReader reader)
    {
        var directory = new DataDirectory(reader.Get(ServerSettings.DataDirectorySetting));
        return new()
        {
            DataDirectory = directory,
            Server = reader.Get(ServerSetting),
            Token = reader.Get(TokenSetting),
            NodeName = reader.Get(NodeNameSetting),
            NodeAddress = reader.Get(NodeAddressSetting),
            ContainerdSocket = reader.Get(ContainerdSetting),
            KubeletPort = reader.Get(KubeletPortSetting),
            CgroupRoot = reader.Get(CgroupSetting) ?? "/orchestrator-" + directory.Instance,
            PodsMax = reader.Get(PodsMaxSetting),
            PodNetwork = reader.Get(PodNetworkSetting),
            StaticPods = reader.Get(StaticPodsSetting) ?? directory.StaticPods,
            Taints = reader.Get(TaintsSetting),
            Eviction = EvictionSetting.DefaultValue.Concat(reader.Get(EvictionSetting)).Select(static t => t.Split('<')).GroupBy(static t => t[0]).ToDictionary(static g => g.Key, static g => g.Last()[1]),
            ServiceRange = reader.Get(ServerSettings.ServiceRangeSetting),
            PodRange = reader.Get(ServerSettings.PodRangeSetting),
            ClusterDomain = reader.Get(ServerSettings.ClusterDomainSetting),
        };
    }
}
