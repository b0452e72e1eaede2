using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Orchestrator.Images;

/// <summary>The images that a node makes for itself.</summary>
internal static class LocalImages
{
    /// <summary>What every pod's sandbox runs.</summary>
    public const string PauseName = "orchestrator.local/pause:1";

    /// <summary>A userland with an HTTP server, for the samples, tests and debugging on machines without a registry.</summary>
    public const string BusyboxName = "orchestrator.local/busybox:1";

    /// <summary>Where Debian's busybox-static and busybox put the program.</summary>
    private static readonly string[] BusyboxPaths = ["/bin/busybox", "/usr/bin/busybox"];

    public static LocalImage Pause() => new()
    {
        Name = PauseName,
        Layer = [LayerEntry.Program("pause", PauseProgram.Build(RuntimeInformation.OSArchitecture))],
        Entrypoint = ["/pause"],
    };

    /// <summary>Where this machine has busybox, or null.</summary>
    public static string? FindBusybox() => BusyboxPaths.FirstOrDefault(File.Exists);

    /// <summary>One statically linked busybox under the names of all its programs.</summary>
    /// <param name="program">This machine's busybox. It must be linked statically; the image has no libraries.</param>
    /// <param name="name">The image's name.</param>
    /// <param name="cancellationToken">Ends the making early.</param>
    /// <exception cref="IOException">The program cannot be read or run.</exception>
    public static async Task<LocalImage> BusyboxAsync(string program, string name, CancellationToken cancellationToken)
    {
        var content = await File.ReadAllBytesAsync(program, cancellationToken);
        var sticky = UnixFileMode.StickyBit | (UnixFileMode)0b111_111_111;
        List<LayerEntry> layer =
        [
            LayerEntry.Directory("bin"),
            LayerEntry.Program("bin/busybox", content),
            LayerEntry.Directory("etc"),
            LayerEntry.File("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
            LayerEntry.File("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
            // The order that people expect of names: the hosts file, which carries the pod's own, before the cluster's DNS.
            LayerEntry.File("etc/nsswitch.conf", "hosts: files dns\n"),
            LayerEntry.Directory("root"),
            LayerEntry.Directory("tmp", sticky),
            LayerEntry.Directory("var"),
            LayerEntry.Directory("var/www"),
        ];
        foreach (var applet in await AppletsAsync(program, cancellationToken))
        {
            layer.Add(LayerEntry.Link("bin/" + applet, "busybox"));
        }

        return new() { Name = name, Layer = layer, Command = ["sh"] };
    }

    private static async Task<IEnumerable<string>> AppletsAsync(string program, CancellationToken cancellationToken)
    {
        using var listing = Process.Start(new ProcessStartInfo(program, "--list") { RedirectStandardOutput = true })
            ?? throw new IOException($"{program} did not start");
        var text = await listing.StandardOutput.ReadToEndAsync(cancellationToken);
        await listing.WaitForExitAsync(cancellationToken);
        return listing.ExitCode == 0
            ? text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(applet => applet != "busybox").Order(StringComparer.Ordinal)
            : throw new IOException($"{program} --list exited with {listing.ExitCode}");
    }
}
