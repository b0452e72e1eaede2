using Orchestrator.EndToEnd.Tests.Cluster;
using Orchestrator.EndToEnd.Tests.Machine;
using Orchestrator.EndToEnd.Tests.Nodes;

namespace Orchestrator.EndToEnd.Tests;

public sealed class NodesTests(RunningCluster cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task Two_nodes_join_with_a_token_and_the_pods_of_a_dead_one_come_back_elsewhere()
    {
        await using var bridge = await NodeNetwork.CreateAsync();
        var token = (await Programs.RunAsync(Programs.Orchestrator, "token", "create", "--kubeconfig", Cluster.Kubectl.Kubeconfig)).Succeeded();
        await using var second = await JoinedNode.StartAsync(Cluster, bridge, "two", token);
        await using var third = await JoinedNode.StartAsync(Cluster, bridge, "three", token);
        // One by one: of several that are missing kubectl makes an error of several, which it does not wait out.
        await Cluster.Kubectl.DoAsync("wait", "node/two", "--for=create", "--timeout=120s");
        await Cluster.Kubectl.DoAsync("wait", "node/three", "--for=create", "--timeout=120s");
        await Cluster.Kubectl.DoAsync("wait", "node/two", "node/three", "--for=condition=Ready", "--timeout=120s");

        await Eventually.HoldsAsync("their taints of a new node are gone, which would evict the pods below", TimeSpan.FromSeconds(60), async () =>
            (await Cluster.Kubectl.DoAsync("get", "nodes", "two", "three", "-o", "jsonpath={.items[*].spec.taints[*].key}")) == "joined joined");

        var space = await NewNamespaceAsync("nodes");
        await Cluster.Kubectl.DoAsync("label", "node", "two", "three", "joined=yes");

        // Pods leave a silent node at once instead of after the default five minutes.
        await space.Kubectl.ApplyAsync(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: spread}
            spec:
              replicas: 4
              selector: {matchLabels: {app: spread}}
              template:
                metadata: {labels: {app: spread}}
                spec:
                  terminationGracePeriodSeconds: 1
                  nodeSelector: {joined: "yes"}
                  tolerations:
                  - {key: joined, operator: Exists}
                  - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 1}
                  - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 1}
                  topologySpreadConstraints:
                  - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: spread}}}
                  containers:
                  - {name: main, image: orchestrator.local/busybox:1, command: ["sleep", "100000"]}
            """);
        await space.Kubectl.DoAsync("rollout", "status", "deployment/spread", "--timeout=120s");
        Assert.Equal(2, (await NodesOfPodsAsync(space)).Count(node => node == "two"));
        Assert.Equal(2, (await NodesOfPodsAsync(space)).Count(node => node == "three"));

        await second.KillAsync();
        await Eventually.HoldsAsync("the dead node is not ready", TimeSpan.FromSeconds(120), async () =>
            await Cluster.Kubectl.PathAsync("node/two", "{.status.conditions[?(@.type=='Ready')].status}") == "Unknown");
        await Eventually.HoldsAsync("four pods run on the other", TimeSpan.FromSeconds(120), async () =>
            await space.Kubectl.PathAsync("deployment/spread", "{.status.readyReplicas}") == "4"
            && (await NodesOfPodsAsync(space)).Count(node => node == "three") == 4,
            () => space.Kubectl.DoAsync("get", "pods", "-o", "wide"));

        // It comes back: its pods, long replaced, are ended there, and it is a node again.
        await second.RestartAsync();
        await Cluster.Kubectl.DoAsync("wait", "node/two", "--for=condition=Ready", "--timeout=120s");
        await Eventually.HoldsAsync("no pod is left ending", TimeSpan.FromSeconds(60), async () => (await NodesOfPodsAsync(space)).Length == 4);

        // Whom somebody deletes stays out, however alive: its next report (every ten seconds) doesn't bring it back.
        await Cluster.Kubectl.DoAsync("delete", "node", "three");
        await Eventually.HoldsAsync("its agent has noticed", TimeSpan.FromSeconds(60), () => Task.FromResult(third.Says("Node three is no longer in the API")));
        Assert.Equal("node/one\nnode/two", await Cluster.Kubectl.DoAsync("get", "nodes", "-o", "name"));

        // While the agents live: the pods of a node that is no more are left to a collector that takes its time.
        await Cluster.Kubectl.DoAsync("delete", "namespace", space.Name, "--timeout=120s");
    }

    /// <summary>Of all pods that exist, the ending ones too.</summary>
    private static async Task<string[]> NodesOfPodsAsync(TestNamespace space) =>
        (await space.Kubectl.DoAsync("get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
