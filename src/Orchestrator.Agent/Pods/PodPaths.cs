namespace Orchestrator.Agent.Pods;

/// <summary>Where the files of pods are.</summary>
internal sealed class PodPaths(NodeAgentOptions options)
{
    /// <summary>The folder of all pods.</summary>
    public string Pods => Path.Combine(options.RootDirectory, "pods");

    // Where those who install profiles on nodes put them, whatever the node's agent is.
    private const string KubeletSeccompProfiles = "/var/lib/kubelet/seccomp";

    /// <summary>Where a localhost seccomp profile is: in the agent's own folder, or else where the kubelet has its.</summary>
    public string SeccompProfile(string name) =>
        Path.Combine(options.RootDirectory, "seccomp", name) is var own && File.Exists(own) ? own : Path.Combine(KubeletSeccompProfiles, name);

    /// <summary>Where the log folders of all pods are.</summary>
    public string Logs => options.PodLogsDirectory;

    /// <summary>Everything of one pod but its logs.</summary>
    public string PodFolder(string uid) => Path.Combine(Pods, uid);

    public string VolumesFolder(string uid) => Path.Combine(PodFolder(uid), "volumes");

    /// <summary>A volume, below the name of its kind (<c>kubernetes.io~secret</c>).</summary>
    public string VolumeFolder(string uid, string plugin, string volume) => Path.Combine(VolumesFolder(uid), plugin, volume);

    /// <summary>Bind mounts of parts of volumes.</summary>
    public string SubPathFolder(string uid, string volume, string container, int index) =>
        Path.Combine(PodFolder(uid), "volume-subpaths", volume, container, index.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public string SubPathsFolder(string uid) => Path.Combine(PodFolder(uid), "volume-subpaths");

    public string ContainerFolder(string uid, string container) => Path.Combine(PodFolder(uid), "containers", container);

    public string HostsFile(string uid) => Path.Combine(PodFolder(uid), "etc-hosts");

    /// <summary>Where the runtime writes the logs of a pod.</summary>
    public string LogFolder(string @namespace, string name, string uid) => Path.Combine(Logs, $"{@namespace}_{name}_{uid}");

    /// <summary>The log of one run of a container, relative to the pod's log folder.</summary>
    public static string LogFile(string container, int restartCount) =>
        Path.Combine(container, restartCount.ToString(System.Globalization.CultureInfo.InvariantCulture) + ".log");
}
