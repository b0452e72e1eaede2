using System.Globalization;
using Orchestrator.EndToEnd.Tests.Cluster;
using Orchestrator.EndToEnd.Tests.Machine;

namespace Orchestrator.EndToEnd.Tests;

[Collection(Collections.Disturbing)]
public sealed class HealingTests(RunningCluster cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task Killed_container_is_back_within_two_seconds()
    {
        var space = await NewNamespaceAsync("killed");
        await space.DeployWebAsync("web", replicas: 1);
        var pod = await space.Kubectl.DoAsync("get", "pods", "-o", "name");
        var container = await space.Kubectl.PathAsync(pod, "{.status.containerStatuses[0].containerID}");

        await Cluster.KillContainerAsync(container);

        await Eventually.HoldsAsync("the container runs again", TimeSpan.FromSeconds(60), async () =>
            await space.Kubectl.PathAsync(pod, "{.status.containerStatuses[0].restartCount}{.status.containerStatuses[0].state.running.startedAt}") is ['1', '2', ..]);
        // By the cluster's own clock, in whole seconds: how long kubectl takes to ask is not the point.
        var died = DateTimeOffset.Parse(await space.Kubectl.PathAsync(pod, "{.status.containerStatuses[0].lastState.terminated.finishedAt}"), CultureInfo.InvariantCulture);
        var back = DateTimeOffset.Parse(await space.Kubectl.PathAsync(pod, "{.status.containerStatuses[0].state.running.startedAt}"), CultureInfo.InvariantCulture);
        Assert.InRange(back - died, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.NotEqual(container, await space.Kubectl.PathAsync(pod, "{.status.containerStatuses[0].containerID}"));
        Assert.Equal("137", await space.Kubectl.PathAsync(pod, "{.status.containerStatuses[0].lastState.terminated.exitCode}"));
    }

    [Fact]
    public async Task Deleted_pod_is_replaced()
    {
        var space = await NewNamespaceAsync("deleted");
        await space.DeployWebAsync("web", replicas: 2);
        var before = (await space.Kubectl.DoAsync("get", "pods", "-o", "name")).Split('\n');

        await space.Kubectl.DoAsync("delete", before[0], "--wait=false");

        await Eventually.HoldsAsync("two pods are ready, one of them new", TimeSpan.FromSeconds(60), async () =>
            await space.Kubectl.PathAsync("deployment/web", "{.status.readyReplicas}") == "2"
            && (await space.Kubectl.DoAsync("get", "pods", "-o", "name")).Split('\n') is { Length: 2 } pods && !pods.Contains(before[0]) && pods.Contains(before[1]));
    }
}
