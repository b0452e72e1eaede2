using System.Diagnostics;
using System.Globalization;
using Orchestrator.EndToEnd.Tests.Machine;
using Orchestrator.EndToEnd.Tests.Nodes;

[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(Orchestrator.EndToEnd.Tests.Cluster.RunningCluster))]

namespace Orchestrator.EndToEnd.Tests.Cluster;

/// <summary>The cluster of this test run: brought up by <c>deploy/up --demo</c> with a data directory of its own, taken down by <c>deploy/down --purge</c>.</summary>
public sealed class RunningCluster : IAsyncLifetime
{
    private readonly int _httpsPort = Ports.Free();
    private readonly int _kubeletPort = Ports.Free();

    public const string NodeName = "one";

    // Not the defaults, so that a cluster that somebody runs on this machine is not in the way.
    public const string ServiceRange = "10.98.0.0/16";
    public const string ServerAddress = "10.98.0.1";
    public const string PodRange = "10.246.0.0/16";

    public string DataDirectory { get; } = Directory.CreateTempSubdirectory("orc-").FullName;

    public Kubectl Kubectl => new(Path.Combine(DataDirectory, "admin.kubeconfig"));

    public int HttpsPort => _httpsPort;

    /// <summary>What the first <c>deploy/up --demo</c> printed.</summary>
    public string UpOutput { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var up = await UpAsync("--demo");
        if (up.ExitCode != 0)
        {
            await DisposeAsync();
        }

        UpOutput = up.Succeeded();
        (await Programs.RunAsync(Programs.Orchestrator, "image", "import", "--data-dir", DataDirectory, "--name", WebService.Image, "--name", WebService.NextImage)).Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        // For whoever looks into a failure; the next run overwrites it.
        var log = Path.Combine(DataDirectory, "orchestrator.log");
        if (File.Exists(log))
        {
            Directory.CreateDirectory(Path.Combine(Programs.Repository, "artifacts/tests"));
            File.Copy(log, Path.Combine(Programs.Repository, "artifacts/tests/cluster.log"), overwrite: true);
        }

        (await Programs.RunAsync(Path.Combine(Programs.Repository, "deploy/down"), "--data-dir", DataDirectory, "--purge")).Succeeded();
    }

    public Task<Run> UpAsync(params string[] flags) => Programs.RunAsync(Path.Combine(Programs.Repository, "deploy/up"),
    [
        "--data-dir", DataDirectory, "--https-port", $"{_httpsPort}", .. flags, "--", "--node-name", NodeName, "--kubelet-port", $"{_kubeletPort}",
        "--service-cluster-ip-range", ServiceRange, "--cluster-cidr", PodRange,
        "--tls-san", NodeNetwork.HostAddress,
    ]);

    /// <summary>The program's process.</summary>
    /// <remarks>By another program: the framework asks for a lock of its own on every file that it opens, and the program holds this one's.</remarks>
    public async Task<int> ProgramIdAsync() =>
        int.Parse(await Programs.OutputAsync("cat", Path.Combine(DataDirectory, "orchestrator.lock")), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);

    /// <summary>As the kernel's out-of-memory killer or a power cut would: no signal handler runs.</summary>
    public async Task KillProgramAsync()
    {
        using var program = Process.GetProcessById(await ProgramIdAsync());
        program.Kill();
        await program.WaitForExitAsync();
    }

    /// <summary>Kills a container's first process behind the cluster's back.</summary>
    /// <param name="containerId">As in a pod's status, with its scheme.</param>
    public async Task KillContainerAsync(string containerId) => (await Programs.RunAsync("ctr", "--address", Path.Combine(DataDirectory, "containerd/containerd.sock"),
        "--namespace", "k8s.io", "tasks", "kill", "--signal", "SIGKILL", containerId.Replace("containerd://", "", StringComparison.Ordinal))).Succeeded();

    /// <summary>Makes a namespace for a test.</summary>
    public async Task<TestNamespace> NewNamespaceAsync(string name)
    {
        (await Kubectl.RunAsync("create", "namespace", name)).Succeeded();
        // As upstream's, the pods' admission waits for nothing: a pod needs the account that a controller makes.
        await Eventually.HoldsAsync($"the default service account of {name} exists", TimeSpan.FromSeconds(10),
            async () => (await Kubectl.RunAsync("get", "serviceaccount", "default", "-n", name)).ExitCode == 0);
        return new(name, Kubectl with { Namespace = name });
    }
}
