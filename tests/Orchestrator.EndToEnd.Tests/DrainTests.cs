using Orchestrator.EndToEnd.Tests.Cluster;
using Orchestrator.EndToEnd.Tests.Machine;

namespace Orchestrator.EndToEnd.Tests;

[Collection(Collections.Disturbing)]
public sealed class DrainTests(RunningCluster cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task Cordon_drain_and_uncordon_empty_a_node()
    {
        var space = await NewNamespaceAsync("drain");
        await space.DeployWebAsync("drained", replicas: 1);
        var pod = await space.Kubectl.DoAsync("get", "pods", "-o", "name");
        try
        {
            Assert.Equal("node/one cordoned", await Cluster.Kubectl.DoAsync("cordon", "one"));
            Assert.Contains("Ready,SchedulingDisabled", await Cluster.Kubectl.DoAsync("get", "node", "one"), StringComparison.Ordinal);

            Assert.EndsWith("node/one drained", await Cluster.Kubectl.DoAsync("drain", "one", "--pod-selector=app=drained", "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=120s"), StringComparison.Ordinal);
            Assert.Equal(1, (await space.Kubectl.RunAsync("get", pod)).ExitCode);
            await Eventually.HoldsAsync("the replacement waits for a node", TimeSpan.FromSeconds(60), async () =>
                (await space.Kubectl.DoAsync("get", "pods", "-o", "jsonpath={.items[*].status.conditions[?(@.type=='PodScheduled')].reason}")) == "Unschedulable");
        }
        finally
        {
            Assert.Equal("node/one uncordoned", await Cluster.Kubectl.DoAsync("uncordon", "one"));
        }

        await space.Kubectl.DoAsync("rollout", "status", "deployment/drained", "--timeout=120s");
    }
}
