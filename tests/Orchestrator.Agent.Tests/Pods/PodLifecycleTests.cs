using Orchestrator.Agent.Tests.Support;
using Orchestrator.Api;

namespace Orchestrator.Agent.Tests.Pods;

public sealed class PodLifecycleTests(ContainerdFixture containerd)
{
    [Fact]
    public async Task Pod_becomes_ready_and_leaves_nothing_behind_when_deleted()
    {
        await using var node = new TestNode(containerd);
        var pod = await node.RunToReadyAsync(TestNode.Pod("plain", "exec sleep 3600"));

        Assert.Equal("Running", pod.Status.Phase);
        Assert.NotEqual("", pod.Status.PodIP);
        Assert.Equal(["Pulled", "Created", "Started"], node.Events.Of(pod).Select(e => e.Reason));

        await node.DeleteAsync(pod.Key);
        Assert.Null(node.Api.Get(pod.Key));
        Assert.False(Directory.Exists(Path.Combine(node.Options.RootDirectory, "pods", pod.Metadata.Uid)));
    }
}
