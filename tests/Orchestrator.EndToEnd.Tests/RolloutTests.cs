using Orchestrator.EndToEnd.Tests.Cluster;
using Orchestrator.EndToEnd.Tests.Machine;

namespace Orchestrator.EndToEnd.Tests;

[Collection(Collections.Users)]
public sealed class RolloutTests(RunningCluster cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task New_image_rolls_out_without_a_failed_request()
    {
        var space = await NewNamespaceAsync("rolling");
        var web = await space.DeployWebAsync("web", replicas: 3, drains: true);

        await using var hammer = new Hammer(web.Url, clients: 4);
        await Eventually.HoldsAsync("the client gets answers", TimeSpan.FromSeconds(60), () => Task.FromResult(hammer.Answers > 20));
        await space.Kubectl.DoAsync("set", "image", "deployment/web", "web=" + WebService.NextImage);
        await space.Kubectl.DoAsync("rollout", "status", "deployment/web", "--timeout=120s");
        var answers = hammer.Answers;
        await Eventually.HoldsAsync("the old pods are gone", TimeSpan.FromSeconds(60), async () =>
            (await space.Kubectl.DoAsync("get", "pods", "-o", "jsonpath={.items[*].spec.containers[0].image}")) == string.Join(' ', Enumerable.Repeat(WebService.NextImage, 3)));
        await Eventually.HoldsAsync("the client still gets answers", TimeSpan.FromSeconds(60), () => Task.FromResult(hammer.Answers > answers));

        Assert.Empty(hammer.Failures);
    }

    [Fact]
    public async Task Bad_image_stalls_within_maxUnavailable_and_undo_heals()
    {
        var space = await NewNamespaceAsync("stalled");
        var web = await space.DeployWebAsync("web", replicas: 4, drains: true);

        await space.Kubectl.DoAsync("set", "image", "deployment/web", "web=orchestrator.local/absent:1");
        // A quarter of four, up for the surge and down for what may be unavailable: five pods, three of them old.
        await Eventually.HoldsAsync("two new pods wait for their image", TimeSpan.FromSeconds(60), async () =>
            (await space.Kubectl.DoAsync("get", "pods", "-o", "jsonpath={.items[*].status.containerStatuses[*].state.waiting.reason}"))
                .Split(' ').Count(reason => reason is "ErrImagePull" or "ImagePullBackOff") == 2,
            () => space.Kubectl.DoAsync("describe", "pods"));
        Assert.Equal("3", await space.Kubectl.PathAsync("deployment/web", "{.status.availableReplicas}"));
        Assert.Equal("3", await space.Kubectl.PathAsync("deployment/web", "{.status.readyReplicas}"));
        await using (var hammer = new Hammer(web.Url, clients: 1))
        {
            await Eventually.HoldsAsync("the old pods answer", TimeSpan.FromSeconds(60), () => Task.FromResult(hammer.Answers > 20));
            Assert.Empty(hammer.Failures);
        }

        await space.Kubectl.DoAsync("rollout", "undo", "deployment/web");
        await space.Kubectl.DoAsync("rollout", "status", "deployment/web", "--timeout=120s");
        Assert.Equal(WebService.Image, await space.Kubectl.PathAsync("deployment/web", "{.spec.template.spec.containers[0].image}"));
        Assert.Equal("4", await space.Kubectl.PathAsync("deployment/web", "{.status.availableReplicas}"));
    }

    [Fact]
    public async Task History_restart_pause_and_resume_work()
    {
        var space = await NewNamespaceAsync("history");
        await space.DeployWebAsync("web", replicas: 1);
        var first = await space.Kubectl.DoAsync("get", "pods", "-o", "name");

        await space.Kubectl.DoAsync("rollout", "restart", "deployment/web");
        await space.Kubectl.DoAsync("rollout", "status", "deployment/web", "--timeout=120s");
        Assert.Equal(["1", "2"], (await space.Kubectl.DoAsync("rollout", "history", "deployment/web"))
            .Split('\n').Where(line => line.Length > 0 && char.IsAsciiDigit(line[0])).Select(line => line.Split(' ')[0]));
        Assert.Contains("PAGE:\tversion 1", (await space.Kubectl.DoAsync("rollout", "history", "deployment/web", "--revision=1")).Replace("  ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        await Eventually.HoldsAsync("the first pod is gone", TimeSpan.FromSeconds(60), async () =>
            !(await space.Kubectl.DoAsync("get", "pods", "-o", "name")).Contains(first, StringComparison.Ordinal));

        await space.Kubectl.DoAsync("rollout", "pause", "deployment/web");
        await space.Kubectl.DoAsync("set", "env", "deployment/web", "PAGE=version 2");
        await Eventually.HoldsAsync("the controller has seen the change", TimeSpan.FromSeconds(60), async () =>
            await space.Kubectl.PathAsync("deployment/web", "{.status.observedGeneration}") == await space.Kubectl.PathAsync("deployment/web", "{.metadata.generation}"));
        Assert.Equal("2", await space.Kubectl.PathAsync("deployment/web", "{.metadata.annotations.deployment\\.kubernetes\\.io/revision}"));
        await space.Kubectl.DoAsync("rollout", "resume", "deployment/web");
        await space.Kubectl.DoAsync("rollout", "status", "deployment/web", "--timeout=120s");
        Assert.Equal("3", await space.Kubectl.PathAsync("deployment/web", "{.metadata.annotations.deployment\\.kubernetes\\.io/revision}"));
    }
}
