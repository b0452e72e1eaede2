using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Orchestrator.Agent.Runtime;
using Orchestrator.Agent.Tests.Support;
using Orchestrator.Images;

[assembly: AssemblyFixture(typeof(ContainerdFixture))]

// All nodes of these tests share the fixture's runtime, and a node stops what runs there that its API does not know: one node at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Orchestrator.Agent.Tests.Support;

/// <summary>A containerd of these tests' own: private root, state, socket, pod network and images; all of it gone afterwards.</summary>
public sealed class ContainerdFixture : IAsyncLifetime
{
    public const string Busybox = "registry.k8s.io/e2e-test-images/busybox:1.37.0-1";
    private const string Pause = "registry.k8s.io/pause:3.10.2";
    private const string Agnhost = "registry.k8s.io/e2e-test-images/agnhost:2.63.0";
    private const string NonRoot = "registry.k8s.io/e2e-test-images/nonroot:1.5";

    // Names of bridges are short; the process id keeps two runs apart.
    private readonly string _bridge = "oat" + (Environment.ProcessId % 100000).ToString(CultureInfo.InvariantCulture);
    private readonly HttpListener _registry = new();
    private Process? _containerd;

    public string Folder { get; } = Directory.CreateTempSubdirectory("oat-").FullName;

    public string Socket => Path.Combine(Folder, "c.sock");

    public string CgroupRoot => "/" + Path.GetFileName(Folder);

    public async ValueTask InitializeAsync()
    {
        var third = Environment.ProcessId % 250;
        Directory.CreateDirectory(Path.Combine(Folder, "cni"));
        await File.WriteAllTextAsync(Path.Combine(Folder, "cni", "10-test.conflist"), $$$"""
            {"cniVersion":"0.4.0","name":"oat","plugins":[{"type":"bridge","bridge":"{{{_bridge}}}","isGateway":true,
            "ipam":{"type":"host-local","dataDir":"{{{Folder}}}/ipam","ranges":[[{"subnet":"10.213.{{{third}}}.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}}]}
            """);
        await File.WriteAllTextAsync(
            Path.Combine(Directory.CreateDirectory(Path.Combine(Folder, "certs.d", "registry.k8s.io")).FullName, "hosts.toml"), $"server = \"{StartRegistry()}\"\n");
        await File.WriteAllTextAsync(Path.Combine(Folder, "config.toml"), $"""
            version = 2
            root = "{Folder}/root"
            state = "{Folder}/state"
            [grpc]
              address = "{Socket}"
            [plugins."io.containerd.internal.v1.opt"]
              path = "{Folder}/opt"
            [plugins."io.containerd.grpc.v1.cri"]
              sandbox_image = "{Pause}"
              restrict_oom_score_adj = true
              disable_apparmor = true
              netns_mounts_under_state_dir = true
              stream_server_address = "127.0.0.1"
              stream_server_port = "0"
              [plugins."io.containerd.grpc.v1.cri".cni]
                bin_dir = "/usr/lib/cni"
                conf_dir = "{Folder}/cni"
              [plugins."io.containerd.grpc.v1.cri".registry]
                config_path = "{Folder}/certs.d"
            """);
        _containerd = Process.Start(new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", "exec containerd --config \"$0/config.toml\" >\"$0/log\" 2>&1 </dev/null", Folder },
        })!;
        await WaitForSocketAsync();
        var images = await ImagesAsync();
        await ImportAsync(images);
        await WaitForImagesAsync(images);
    }

    public async ValueTask DisposeAsync()
    {
        var runtime = new CriRuntime(Socket, TimeProvider.System);
        foreach (var sandbox in await runtime.ListSandboxesAsync(null, CancellationToken.None))
        {
            await runtime.StopSandboxAsync(sandbox.Id, CancellationToken.None);
            await runtime.RemoveSandboxAsync(sandbox.Id, CancellationToken.None);
        }

        runtime.Dispose();
        _registry.Close();
        _containerd!.Kill();
        await _containerd.WaitForExitAsync();
        foreach (var point in Linux.MountTable.Below(Folder))
        {
            Linux.Native.Unmount(point);
        }

        using (var link = Process.Start("ip", ["link", "del", _bridge]))
        {
            await link.WaitForExitAsync();
        }

        foreach (var hierarchy in Directory.EnumerateDirectories("/sys/fs/cgroup"))
        {
            if (Directory.Exists(hierarchy + CgroupRoot))
            {
                Agent.Cgroups.CgroupFile.RemoveTree(hierarchy + CgroupRoot);
            }
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A registry that has nothing: what no test imports is not found, without a look at the network.</summary>
    private string StartRegistry()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var url = $"http://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}/";
        socket.Close();
        _registry.Prefixes.Add(url);
        _registry.Start();
        _ = ServeRegistryAsync();
        return url;
    }

    private async Task ServeRegistryAsync()
    {
        try
        {
            while (true)
            {
                var context = await _registry.GetContextAsync();
                context.Response.StatusCode = 404;
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed with the fixture.
        }
    }

    private static async Task<IReadOnlyList<LocalImage>> ImagesAsync()
    {
        var program = LocalImages.FindBusybox() ?? throw new InvalidOperationException("The tests need the package busybox-static.");
        var busybox = await LocalImages.BusyboxAsync(program, Busybox, CancellationToken.None);
        var script = LayerEntry.Program("agnhost", System.Text.Encoding.UTF8.GetBytes("""
            #!/bin/sh
            # Stands in for a few of agnhost's servers.
            mkdir -p /www/cgi-bin
            case "$1" in
            netexec) echo ok > /www/index.html; mkdir -p /www/healthz; echo ok > /www/healthz/index.html; exec httpd -f -p 8080 -h /www ;;
            liveness)
              printf '#!/bin/sh\nif [ $(($(date +%%s) - '$(date +%s)')) -lt 10 ]; then echo "Status: 200 OK"; else echo "Status: 500 Internal Server Error"; fi; echo; echo x\n' > /www/cgi-bin/healthz
              chmod +x /www/cgi-bin/healthz
              # As a program in Go does that is the first process and handles no signal.
              trap 'exit 2' TERM
              nc -lk -p 8080 -e /bin/sh -c 'read l; s=$(sh /www/cgi-bin/healthz | head -1); printf "HTTP/1.0 %s\r\n\r\n" "${s#Status: }"' &
              wait ;;
            esac
            exec sleep 3600
            """));
        return
        [
            LocalImages.Pause() with { Name = Pause, User = "65535:65535" },
            busybox,
            busybox with { Name = Agnhost, Layer = [.. busybox.Layer, script], Entrypoint = ["/agnhost"], Command = ["pause"] },
            busybox with { Name = NonRoot, User = "1234" },
        ];
    }

    private async Task ImportAsync(IReadOnlyList<LocalImage> images)
    {
        using var ctr = Process.Start(new ProcessStartInfo("ctr", ["--address", Socket, "--namespace", "k8s.io", "images", "import", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await OciArchive.WriteAsync(images, ctr.StandardInput.BaseStream, CancellationToken.None);
        ctr.StandardInput.Close();
        await ctr.StandardOutput.ReadToEndAsync();
        await ctr.WaitForExitAsync();
        Assert.Equal(0, ctr.ExitCode);
    }

    /// <summary>CRI hears of images that it did not pull itself by an event, some time after the import; a pod before that finds no pause image.</summary>
    private async Task WaitForImagesAsync(IReadOnlyList<LocalImage> images)
    {
        using var runtime = new CriRuntime(Socket, TimeProvider.System);
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30))
        {
            var known = (await runtime.ListImagesAsync(CancellationToken.None)).SelectMany(static i => i.RepoTags).ToHashSet();
            if (images.All(i => known.Contains(i.Name)))
            {
                return;
            }

            await Task.Delay(20);
        }

        Assert.Fail("the imported images do not show up in CRI");
    }

    private async Task WaitForSocketAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket));
                return;
            }
            catch (SocketException) when (TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30) && !_containerd!.HasExited)
            {
                await Task.Delay(20);
            }
        }
    }
}
