using Orchestrator.EndToEnd.Tests.Cluster;
using Orchestrator.EndToEnd.Tests.Machine;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>What a node does beyond running what is bound to it.</summary>
[Collection(Collections.Users)]
public sealed class NodeTests(RunningCluster cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task Top_tells_what_nodes_and_pods_use()
    {
        var space = await NewNamespaceAsync("top");
        await space.Kubectl.ApplyAsync(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: busy, labels: {app: busy}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - {name: main, image: orchestrator.local/busybox:1, command: ["sh", "-c", "trap exit TERM; while :; do usleep 1000; done"]}
            """);
        await space.Kubectl.DoAsync("wait", "pod/busy", "--for=condition=Ready", "--timeout=120s");

        Assert.Matches(@"^NAME +CPU\(cores\) +CPU\(%\) +MEMORY\(bytes\) +MEMORY\(%\) *\none +[1-9][0-9]*m +[0-9]+% +[1-9][0-9]*Mi +[0-9]+% *$", await Cluster.Kubectl.DoAsync("top", "node", "one"));
        var pod = "";
        await Eventually.HoldsAsync("the pod has been measured twice", TimeSpan.FromSeconds(60), async () =>
            (pod = (await space.Kubectl.RunAsync("top", "pods", "--containers", "-l", "app=busy")).Output).Contains("busy", StringComparison.Ordinal), () => Task.FromResult(pod));
        Assert.Matches(@"^POD +NAME +CPU\(cores\) +MEMORY\(bytes\) *\nbusy +main +[1-9][0-9]*m +[0-9]+Mi", pod);
        Assert.Contains("metrics.k8s.io/v1beta1", (await Cluster.Kubectl.DoAsync("api-versions")).Split('\n'));
    }

    [Fact]
    public async Task Static_pod_runs_from_a_file_and_shows_in_the_api()
    {
        var file = Path.Combine(Cluster.DataDirectory, "static-pods", "still.yaml");
        await File.WriteAllTextAsync(file,
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: still, namespace: default}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - {name: main, image: orchestrator.local/busybox:1, command: ["sleep", "100000"]}
            """);
        try
        {
            await Cluster.Kubectl.DoAsync("wait", "pod/still-one", "-n", "default", "--for=create", "--timeout=60s");
            await Cluster.Kubectl.DoAsync("wait", "pod/still-one", "-n", "default", "--for=condition=Ready", "--timeout=60s");
            Assert.Equal("still-one", await Cluster.Kubectl.DoAsync("exec", "still-one", "-n", "default", "--", "hostname"));
        }
        finally
        {
            File.Delete(file);
        }

        await Cluster.Kubectl.DoAsync("wait", "pod/still-one", "-n", "default", "--for=delete", "--timeout=60s");
    }

    [Fact]
    public async Task Changed_ConfigMap_reaches_the_files_of_a_running_pod_at_once()
    {
        var space = await NewNamespaceAsync("refresh");
        await space.Kubectl.DoAsync("create", "configmap", "settings", "--from-literal=colour=blue");
        await space.Kubectl.ApplyAsync(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: reader}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - name: main
                image: orchestrator.local/busybox:1
                command: ["sleep", "100000"]
                volumeMounts: [{name: settings, mountPath: /settings}]
              volumes: [{name: settings, configMap: {name: settings}}]
            """);
        await space.Kubectl.DoAsync("wait", "pod/reader", "--for=condition=Ready", "--timeout=120s");
        Assert.Equal("blue", await space.Kubectl.DoAsync("exec", "reader", "--", "cat", "/settings/colour"));

        await space.Kubectl.DoAsync("patch", "configmap", "settings", "-p", """{"data":{"colour":"red"}}""");
        // Less than the minute after which the node looks by itself.
        await Eventually.HoldsAsync("the file is new", TimeSpan.FromSeconds(30), async () =>
            await space.Kubectl.DoAsync("exec", "reader", "--", "cat", "/settings/colour") == "red");
    }
}
