using System.Globalization;
using Orchestrator.EndToEnd.Tests.Cluster;
using Orchestrator.EndToEnd.Tests.Machine;

namespace Orchestrator.EndToEnd.Tests;

[Collection(Collections.Disturbing)]
public sealed class CrashTests(RunningCluster cluster) : ClusterTest(cluster)
{
    private const int Writers = 4;

    /// <summary>Kills at several moments of the same load; which moments, the machine's own pace decides.</summary>
    [Fact]
    public async Task Kill_9_loses_nothing_acknowledged_and_touches_no_container()
    {
        var space = await NewNamespaceAsync("crash");
        await space.DeployWebAsync("web", replicas: 2);
        var containers = await ContainersAsync(space);

        var acknowledged = new List<string>();
        foreach (var writesBefore in (int[])[1, 7, 20])
        {
            using var stop = new CancellationTokenSource();
            var round = acknowledged.Count;
            var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(space, $"round-{round}-{writer}", acknowledged, stop.Token))).ToArray();
            await Eventually.HoldsAsync($"{writesBefore} writes are acknowledged", TimeSpan.FromSeconds(60), () =>
            {
                lock (acknowledged)
                {
                    return Task.FromResult(acknowledged.Count >= round + writesBefore);
                }
            });

            await Cluster.KillProgramAsync();
            await stop.CancelAsync();
            await Task.WhenAll(writers);
            (await Cluster.UpAsync()).Succeeded();

            var stored = (await space.Kubectl.DoAsync("get", "configmaps", "-o", "name")).Split('\n').ToHashSet();
            Assert.Superset(acknowledged.Select(name => "configmap/" + name).ToHashSet(), stored);
        }

        Assert.Equal(containers, await ContainersAsync(space));
        // And the cluster still acts.
        await space.Kubectl.DoAsync("scale", "deployment/web", "--replicas=3");
        await space.Kubectl.DoAsync("rollout", "status", "deployment/web", "--timeout=120s");
    }

    [Fact]
    public async Task Clean_stop_and_start_touches_no_container()
    {
        var space = await NewNamespaceAsync("restart");
        await space.DeployWebAsync("web", replicas: 2);
        var containers = await ContainersAsync(space);

        var stopped = await Cluster.ProgramIdAsync();
        (await Programs.RunAsync("kill", "-TERM", stopped.ToString(CultureInfo.InvariantCulture))).Succeeded();
        await Eventually.HoldsAsync("the program ends on SIGTERM", TimeSpan.FromSeconds(60), () => Task.FromResult(!Directory.Exists($"/proc/{stopped}")));
        (await Cluster.UpAsync()).Succeeded();

        Assert.Equal(containers, await ContainersAsync(space));
    }

    private static async Task WriteAsync(TestNamespace space, string prefix, List<string> acknowledged, CancellationToken stop)
    {
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            var name = $"{prefix}-{number}";
            // Once the server is gone this fails, as it should: what counts is what it said yes to.
            if ((await space.Kubectl.RunAsync("create", "configmap", name, "--from-literal=number=" + number)).ExitCode == 0)
            {
                lock (acknowledged)
                {
                    acknowledged.Add(name);
                }
            }
        }
    }

    /// <summary>Ids, start times and restart counts: any touch changes one of them.</summary>
    private static async Task<string> ContainersAsync(TestNamespace space) => string.Join('\n', (await space.Kubectl.DoAsync("get", "pods", "-o",
        "jsonpath={range .items[*]}{.metadata.name} {.status.podIP} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].state.running.startedAt}{\"\\n\"}{end}"))
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
}
