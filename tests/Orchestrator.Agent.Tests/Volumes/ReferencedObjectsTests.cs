using Orchestrator.Agent.Tests.Support;
using Orchestrator.Api;

namespace Orchestrator.Agent.Tests.Volumes;

public sealed class ReferencedObjectsTests(ContainerdFixture containerd)
{
    [Fact]
    public async Task Changed_ConfigMap_is_in_the_files_of_a_running_pod_without_waiting_for_its_next_look()
    {
        await using var node = new TestNode(containerd);
        Put(node, "blue");
        var pod = await node.RunToReadyAsync(TestNode.Pod(
            "reader", "until grep -q red /settings/colour; do sleep 0.1; done; echo seen >/dev/termination-log",
            s => s with { RestartPolicy = "Never", Volumes = [new() { Name = "settings", ConfigMap = new() { Name = "settings", DefaultMode = 420 } }] },
            c => c with { VolumeMounts = [new() { Name = "settings", MountPath = "/settings" }] }));

        Put(node, "red");
        var ended = (await node.Api.WaitAsync(pod.Key, p => p?.Status.Phase == "Succeeded", node.Options.PodResyncInterval / 2, "through"))!;
        Assert.Equal("seen\n", ended.Status.ContainerStatuses[0].State.Terminated!.Message);
        await node.DeleteAsync(pod.Key);
    }

    private static void Put(TestNode node, string colour) => node.Api.Put(
        new ConfigMap { Metadata = new() { Name = "settings", Namespace = "tests" }, Data = new Dictionary<string, string> { ["colour"] = colour } });
}
