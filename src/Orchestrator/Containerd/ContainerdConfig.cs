using System.Text;
using Orchestrator.Images;

namespace Orchestrator.Containerd;

/// <summary>The configuration of the node's own containerd, in the format that 1.6 reads and 2.x migrates.</summary>
internal static class ContainerdConfig
{
    /// <summary>Debian's package first, then where upstream's plugins are usually unpacked.</summary>
    private static readonly string[] CniPluginDirectories = ["/usr/lib/cni", "/opt/cni/bin"];

    public static string Text(ContainerdOptions options) =>
        $"""
        # Written by orchestrator at every start; changes are lost.
        version = 2
        root = {Quote(Path.Combine(options.Directory, "root"))}
        state = {Quote(Path.Combine(options.Directory, "state"))}
        disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp"]

        [grpc]
          address = {Quote(options.Socket)}

        [plugins."io.containerd.internal.v1.opt"]
          path = {Quote(Path.Combine(options.Directory, "opt"))}

        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = {Quote(LocalImages.PauseName)}
          # Streams are proxied by the agent, from this machine only.
          stream_server_address = "127.0.0.1"
          stream_server_port = "0"
          # The score of a guaranteed pod is below the default, which needs CAP_SYS_RESOURCE; without it, do what is possible.
          restrict_oom_score_adj = true
          # With everything of a pod below one directory, removing the directory leaves nothing behind.
          netns_mounts_under_state_dir = true

        [plugins."io.containerd.grpc.v1.cri".containerd]
          snapshotter = {Quote(Snapshotter(options.Directory))}
          default_runtime_name = "runc"

        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
          runtime_type = "io.containerd.runc.v2"

        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
          SystemdCgroup = false

        [plugins."io.containerd.grpc.v1.cri".cni]
          bin_dir = {Quote(CniPluginDirectories.FirstOrDefault(Directory.Exists) ?? CniPluginDirectories[0])}
          conf_dir = {Quote(options.CniConfigurationDirectory)}

        [plugins."io.containerd.grpc.v1.cri".registry]
          config_path = {Quote(Path.Combine(options.Directory, "certs.d"))}

        """;

    /// <summary>Overlays cannot lie on an overlay, as when the node itself runs in a container; plain copies can.</summary>
    private static string Snapshotter(string directory) =>
        new DriveInfo(directory).DriveFormat is "overlay" or "overlayfs" ? "native" : "overlayfs";

    /// <summary>A TOML basic string.</summary>
    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var character in text)
        {
            quoted.Append(character switch
            {
                '"' or '\\' => $"\\{character}",
                < ' ' or '\x7f' => $"\\u{(int)character:X4}",
                _ => character.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
