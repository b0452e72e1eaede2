using System.Diagnostics;
using Orchestrator.EndToEnd.Tests.Cluster;
using Orchestrator.EndToEnd.Tests.Machine;

namespace Orchestrator.EndToEnd.Tests.Nodes;

/// <summary>An agent with its own containerd in a network namespace of its own.</summary>
public sealed class JoinedNode : IAsyncDisposable
{
    private readonly RunningCluster _cluster;
    private readonly string _name;
    private readonly string _token;
    private readonly string _address;
    private readonly string _directory = Directory.CreateTempSubdirectory("orc-").FullName;
    private Process? _agent;

    private JoinedNode(RunningCluster cluster, string name, string token, string address)
    {
        _cluster = cluster;
        _name = name;
        _token = token;
        _address = address;
    }

    private string Namespace => NamespaceOf(_name);

    private string LogFile => Path.Combine(_directory, "agent.log");

    public static async Task<JoinedNode> StartAsync(RunningCluster cluster, NodeNetwork network, string name, string token)
    {
        var node = new JoinedNode(cluster, name, token, await network.AddHostAsync(NamespaceOf(name)));
        try
        {
            await node.RestartAsync();
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }

        return node;
    }

    /// <summary>Starts the agent, and waits until its containerd has the image that tests use.</summary>
    public async Task RestartAsync()
    {
        // Not `ip netns exec`, which also hides the cgroups by a mount of its own.
        _agent = Process.Start(new ProcessStartInfo("nsenter",
        [
            $"--net=/run/netns/{Namespace}", Programs.Orchestrator, "agent",
            "--server", $"https://{NodeNetwork.HostAddress}:{_cluster.HttpsPort}", "--token", _token, "--node-name", _name, "--node-ip", _address,
            "--register-with-taints", "joined=yes:NoSchedule", "--service-cluster-ip-range", RunningCluster.ServiceRange, "--cluster-cidr", RunningCluster.PodRange, "--data-dir", _directory, "--log-file", LogFile,
        ]))!;
        Run imported = new("", 1, "", "");
        await Eventually.HoldsAsync($"node {_name} has its images", TimeSpan.FromSeconds(60), async () =>
        {
            Assert.False(_agent.HasExited, $"the agent of {_name} ended; see {LogFile}");
            imported = await Programs.RunAsync(Programs.Orchestrator, "image", "import", "--data-dir", _directory);
            return imported.ExitCode == 0;
        }, () => Task.FromResult(imported.Errors));
    }

    /// <summary>Whether the agent has logged these words.</summary>
    public bool Says(string words)
    {
        // The agent writes into it.
        using var log = new StreamReader(new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return log.ReadToEnd().Contains(words, StringComparison.Ordinal);
    }

    /// <summary>As a machine dies: the agent and its containers, at once and without a word.</summary>
    public async Task KillAsync()
    {
        _agent!.Kill(entireProcessTree: true);
        await _agent.WaitForExitAsync();
        _agent.Dispose();
        _agent = null;
        (await Programs.RunAsync("ip", "-n", Namespace, "link", "set", "eth0", "down")).Succeeded();
        (await DownAsync()).Succeeded();
        (await Programs.RunAsync("ip", "-n", Namespace, "link", "set", "eth0", "up")).Succeeded();
        (await Programs.RunAsync("ip", "-n", Namespace, "route", "replace", "default", "via", NodeNetwork.HostAddress)).Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(LogFile))
        {
            File.Copy(LogFile, Path.Combine(Directory.CreateDirectory(Path.Combine(Programs.Repository, "artifacts/tests")).FullName, $"node-{_name}.log"), overwrite: true);
        }

        try
        {
            (await DownAsync("--purge")).Succeeded();
        }
        finally
        {
            _agent?.Dispose();
            await NodeNetwork.RemoveHostAsync(Namespace);
            // Else the scheduler would give it the pods of other tests until it is found dead.
            await _cluster.Kubectl.DoAsync("delete", "node", _name, "--ignore-not-found", "--wait=false");
        }
    }

    private static string NamespaceOf(string name) => "orc-" + name;

    private Task<Run> DownAsync(params string[] flags) => Programs.RunAsync("nsenter",
        [$"--net=/run/netns/{Namespace}", Path.Combine(Programs.Repository, "deploy/down"), "--data-dir", _directory, .. flags]);
}
