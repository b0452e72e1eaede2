namespace Orchestrator.Settings;

/// <summary>Where what lies below the data directory. Two programs never share one: <see cref="DataDirectoryLock"/>.</summary>
internal sealed record DataDirectory(string Path)
{
    public const string DefaultPath = "/var/lib/orchestrator";

    /// <summary>The API server's state: database, certificates, keys.</summary>
    public string Server => Below("server");

    /// <summary>The node's state: pods' volumes, logs, checkpoints, its client certificate.</summary>
    public string Agent => Below("agent");

    /// <summary>Manifests of pods that the node runs whatever the API says.</summary>
    public string StaticPods => Below("static-pods");

    /// <summary>The containerd instance that belongs to this node alone.</summary>
    public string Containerd => Below("containerd");

    /// <summary>The CNI configuration that containerd reads.</summary>
    public string CniConfiguration => Below("cni/net.d");

    /// <summary>What the CNI plugins remember: the addresses that are handed out.</summary>
    public string CniState => Below("cni/state");

    /// <summary>The administrator's way in, readable by its owner only.</summary>
    public string AdminKubeconfig => Below("admin.kubeconfig");

    public string LockFile => Below("orchestrator.lock");

    /// <summary>
    /// A short name for this installation, the same at each start and different for each data directory: kernel objects
    /// that have no directory (bridges, tables, cgroups) carry it, so that several nodes can share a machine.
    /// </summary>
    public string Instance
    {
        get
        {
            var hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Path));
            return Convert.ToHexStringLower(hash.AsSpan(0, 4));
        }
    }

    private string Below(string name) => System.IO.Path.Combine(Path, name);
}
