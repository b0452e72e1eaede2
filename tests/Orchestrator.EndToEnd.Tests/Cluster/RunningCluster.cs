using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Orchestrator.EndToEnd.Tests.Machine;
using Orchestrator.EndToEnd.Tests.Nodes;

// Tests mostly wait; those of other nodes wait longest, so the others run beside them. What stops the cluster or empties a node runs alone, later.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
[assembly: AssemblyFixture(typeof(Orchestrator.EndToEnd.Tests.Cluster.RunningCluster))]

namespace Orchestrator.EndToEnd.Tests.Cluster;

/// <summary>The cluster of this test run: brought up by <c>deploy/up --demo</c> with a data directory of its own, taken down by <c>deploy/down --purge</c>.</summary>
public sealed class RunningCluster : IAsyncLifetime
{
    private readonly int _httpsPort = Ports.Free();
    private readonly int _kubeletPort = Ports.Free();
    private readonly ConcurrentQueue<string> _released = new();

    // Those of joined nodes, each in a folder of its own.
    private static readonly EnumerationOptions LogsOfNodes = new() { RecurseSubdirectories = true, MaxRecursionDepth = 1, IgnoreInaccessible = true };

    public const string NodeName = "one";

    // Not the defaults, and others in each run: clusters with the same addresses on one machine take each other's packets.
    private static readonly int Part = Environment.ProcessId % 64;

    public static string ServiceRange { get; } = $"10.{128 + Part}.0.0/16";
    public static string ServerAddress { get; } = $"10.{128 + Part}.0.1";
    public static string PodRange { get; } = $"10.{192 + Part}.0.0/16";

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
            await DownAsync();
        }

        UpOutput = up.Succeeded();
        (await Programs.RunAsync(Programs.Orchestrator, "image", "import", "--data-dir", DataDirectory, "--name", WebService.Image, "--name", WebService.NextImage)).Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // What the tests left to go has gone: no finalizer, pod or volume held it back.
            foreach (var name in _released)
            {
                await Kubectl.DoAsync("wait", "namespace/" + name, "--for=delete", "--timeout=90s");
            }
        }
        finally
        {
            await DownAsync();
        }
    }

    private async Task DownAsync()
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
        await Eventually.HoldsAsync($"the default service account of {name} exists", TimeSpan.FromSeconds(30),
            async () => (await Kubectl.RunAsync("get", "serviceaccount", "default", "-n", name)).ExitCode == 0);
        return new(name, Kubectl with { Namespace = name });
    }

    /// <summary>Begins to delete a namespace; that it went is seen to at the end of the run.</summary>
    public async Task ReleaseAsync(TestNamespace space)
    {
        await Kubectl.DoAsync("delete", "namespace", space.Name, "--wait=false", "--ignore-not-found");
        _released.Enqueue(space.Name);
    }

    /// <summary>What a person needs to see why something did not happen. Never fails: an answer that is not to be had is told instead.</summary>
    public async Task<string> DescribeAsync(IEnumerable<TestNamespace> spaces)
    {
        var text = new StringBuilder();
        await AppendAsync(text, Kubectl, "get", "nodes,pods", "-A", "-o", "wide");
        foreach (var space in spaces)
        {
            await AppendAsync(text, space.Kubectl, "get", "all,endpointslices", "-o", "wide");
            await AppendAsync(text, space.Kubectl, "get", "events", "--sort-by=.metadata.creationTimestamp",
                "-o", "custom-columns=TIME:.metadata.creationTimestamp,LAST:.lastTimestamp,N:.count,OBJECT:.involvedObject.name,REASON:.reason,MESSAGE:.message");
        }

        foreach (var log in Directory.EnumerateFiles(DataDirectory, "orchestrator.log").Concat(Directory.EnumerateFiles(Path.GetTempPath(), "agent.log", LogsOfNodes)))
        {
            await AppendAsync(text, new ProcessStartInfo("tail", ["-n", "40", log]));
        }

        await AppendAsync(text, new ProcessStartInfo("cat", ["/proc/loadavg"]));
        return text.ToString();
    }

    private static Task AppendAsync(StringBuilder text, Kubectl kubectl, params string[] arguments) => AppendAsync(text, kubectl.Start(["--request-timeout=10s", .. arguments]));

    private static async Task AppendAsync(StringBuilder text, ProcessStartInfo start)
    {
        var run = await Programs.RunAsync(start, input: null);
        text.Append("$ ").AppendLine(run.Command).Append(run.Output).AppendLine(run.Errors);
    }
}
