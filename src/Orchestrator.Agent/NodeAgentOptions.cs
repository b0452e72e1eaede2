using System.Net;

namespace Orchestrator.Agent;

/// <summary>Settings of the agent of one node.</summary>
public sealed class NodeAgentOptions
{
    /// <summary>The node's name in the API.</summary>
    public required string NodeName { get; set; }

    /// <summary>The node's address; the first one, if there are several, is the primary of its family.</summary>
    public required IReadOnlyList<IPAddress> NodeAddresses { get; set; }

    /// <summary>The name other nodes may reach this one under. Default: the node's name.</summary>
    public string? Hostname { get; set; }

    /// <summary>Where the runtime listens: <c>unix:///path</c> or an absolute path.</summary>
    public required string RuntimeEndpoint { get; set; }

    /// <summary>Where pods' volumes and files are kept; must survive a restart. Default <c>/var/lib/kubelet</c>.</summary>
    public string RootDirectory { get; set; } = "/var/lib/kubelet";

    /// <summary>Where containers' logs are kept. Default <c>/var/log/pods</c>.</summary>
    public string PodLogsDirectory { get; set; } = "/var/log/pods";

    /// <summary>The folder whose files the node shows to those who may read its logs.</summary>
    public string SystemLogsDirectory { get; set; } = "/var/log";

    /// <summary>A folder of manifests of pods that this node runs whatever the API says (static pods). Null for none.</summary>
    public string? StaticPodsDirectory { get; set; }

    /// <summary>The cgroup, below every hierarchy's root, under which the pods' cgroups are made. Default <c>/</c>.</summary>
    public string CgroupRoot { get; set; } = "/";

    /// <summary>Port of the agent's HTTPS server; 0 for any. Default 10250.</summary>
    public int Port { get; set; } = 10250;

    /// <summary>Address the server listens on. Default: all.</summary>
    public IPAddress ListenAddress { get; set; } = IPAddress.Any;

    /// <summary>PEM file of the server's certificate; it is read again when it changes. Null for a self-signed one.</summary>
    public string? ServerCertificatePath { get; set; }

    /// <summary>PEM file of the key of <see cref="ServerCertificatePath"/>.</summary>
    public string? ServerKeyPath { get; set; }

    /// <summary>PEM file of the CA whose client certificates may use the server. Null refuses everybody but /healthz.</summary>
    public string? ClientCaPath { get; set; }

    /// <summary>Names (CN) of client certificates that may use the server besides the group <c>system:masters</c>; empty for any of the CA's.</summary>
    public IReadOnlyList<string> ClientNames { get; set; } = ["kube-apiserver-kubelet-client"];

    /// <summary>Addresses of the cluster's DNS. Empty: ClusterFirst falls back to Default.</summary>
    public IReadOnlyList<IPAddress> ClusterDns { get; set; } = [];

    /// <summary>The cluster's domain. Default <c>cluster.local</c>.</summary>
    public string ClusterDomain { get; set; } = "cluster.local";

    /// <summary>The node's resolver configuration that pods with dnsPolicy Default inherit. Default <c>/etc/resolv.conf</c>.</summary>
    public string ResolverConfigPath { get; set; } = "/etc/resolv.conf";

    /// <summary>How many pods the node takes. Default 110.</summary>
    public int PodsMax { get; set; } = 110;

    /// <summary>What is kept back from pods for the system, as quantities by resource name. Default none.</summary>
    public IReadOnlyDictionary<string, string> Reserved { get; set; } = new Dictionary<string, string>();

    /// <summary>Labels to put on the node when it registers.</summary>
    public IReadOnlyDictionary<string, string> NodeLabels { get; set; } = new Dictionary<string, string>();

    /// <summary>Taints to put on the node when it registers, as <c>key=value:Effect</c>.</summary>
    public IReadOnlyList<string> RegisterWithTaints { get; set; } = [];

    /// <summary>Whether the agent makes its Node object. Default true.</summary>
    public bool RegisterNode { get; set; } = true;

    /// <summary>How often the lease is renewed. Default 10 s; the control plane gives a node up after 40 s.</summary>
    public TimeSpan LeaseRenewInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Length of the node's lease. Default 40 s.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(40);

    /// <summary>How often the node's status is computed; it is written when it has changed. Default 10 s.</summary>
    public TimeSpan NodeStatusInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often an unchanged node status is written all the same. Default 5 minutes.</summary>
    public TimeSpan NodeStatusReportInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often every pod is looked at without any event. Turning it down costs runtime calls. Default 60 s.</summary>
    public TimeSpan PodResyncInterval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often the whole runtime is compared with what is known, as a net below its events. Default 30 s.</summary>
    public TimeSpan RelistInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>First delay of a restarting container after its first, immediate restart. Default 10 s.</summary>
    public TimeSpan RestartBackoffInitial { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest delay between restarts of a container. Default 5 minutes.</summary>
    public TimeSpan RestartBackoffLimit { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Size in bytes at which a container's log is rotated. Default 10 MiB.</summary>
    public long ContainerLogMaxSize { get; set; } = 10 * 1024 * 1024;

    /// <summary>How many files of a container's log are kept. Default 5.</summary>
    public int ContainerLogMaxFiles { get; set; } = 5;

    /// <summary>How many pulls may run at once. Default 5.</summary>
    public int ParallelPullsMax { get; set; } = 5;

    /// <summary>How many sandboxes may be made at once; each takes a core for a moment. Default: twice the cores.</summary>
    public int ParallelSandboxesMax { get; set; } = Math.Max(4, 2 * Environment.ProcessorCount);

    /// <summary>Disk use in percent above which unused images are removed. Default 85.</summary>
    public int ImageGcHighPercent { get; set; } = 85;

    /// <summary>Disk use in percent down to which unused images are removed. Default 80.</summary>
    public int ImageGcLowPercent { get; set; } = 80;

    /// <summary>How little memory must be free before pods are evicted: a quantity, or a percentage of all. Default 100Mi.</summary>
    public string EvictionHardMemory { get; set; } = "100Mi";

    /// <summary>The same of the disk that pods write to. Default 10%.</summary>
    public string EvictionHardNodeStorage { get; set; } = "10%";

    /// <summary>The same of its inodes. Default 5%.</summary>
    public string EvictionHardNodeInodes { get; set; } = "5%";

    /// <summary>How long the node still counts as short of something after it no longer is. Default 5 minutes.</summary>
    public TimeSpan EvictionPressureTransition { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Version that the node reports. Default the API's.</summary>
    public string Version { get; set; } = "v1.36.2";
}
