using Orchestrator.Settings;

namespace Orchestrator.Containerd;

/// <summary>Where the node's own containerd lives and what it uses.</summary>
internal sealed record ContainerdOptions
{
    /// <summary>Everything of this instance is below: config, root, state, socket, log.</summary>
    public required string Directory { get; init; }

    /// <summary>Where the CNI configuration is.</summary>
    public required string CniConfigurationDirectory { get; init; }

    /// <summary>How long a start may take until the socket answers. Half a minute is for a cold, busy disk.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How soon a dead containerd is noticed.</summary>
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A log larger than this is put aside at the next start; only one older log is kept.</summary>
    public long LogSizeMaxBytes { get; init; } = 16 << 20;

    public static ContainerdOptions In(DataDirectory directory) =>
        new() { Directory = directory.Containerd, CniConfigurationDirectory = directory.CniConfiguration };

    public string ConfigFile => Path.Combine(Directory, "config.toml");

    public string LogFile => Path.Combine(Directory, "containerd.log");

    public string PidFile => Path.Combine(Directory, "containerd.pid");

    /// <summary>Unix socket paths end at 107 bytes, so the data directory's path must be short.</summary>
    public string Socket => Path.Combine(Directory, "containerd.sock");
}
