using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Agent.Cgroups;
using Orchestrator.Agent.Tests.Support;
using Orchestrator.Api;

namespace Orchestrator.Agent.Tests.Pods;

public sealed class PodResizeTests(ContainerdFixture containerd)
{
    [Fact]
    public async Task Container_is_given_less_than_the_group_around_it_had()
    {
        await using var node = new TestNode(containerd);
        var pod = await node.RunToReadyAsync(TestNode.Pod("shrinking", "sleep 1000", changeContainer: c => c with { Resources = Cpu("60m") }));

        node.Api.Change(pod.Key, p => p with { Spec = p.Spec with { Containers = [p.Spec.Containers[0] with { Resources = Cpu("30m") }] } });
        pod = (await node.Api.WaitAsync(
            pod.Key, p => p?.Status.ObservedGeneration == 2 && p.Status.Conditions.All(c => c.Type != "PodResizeInProgress"), TestNode.Patience, "smaller"))!;

        var group = node.Provider.GetRequiredService<PodCgroups>().PathOf(pod);
        var container = pod.Status.ContainerStatuses[0].ContainerID.Replace("containerd://", "", StringComparison.Ordinal);
        var cgroups = node.Provider.GetRequiredService<ICgroups>();
        Assert.Equal(CpuMath.Quota(30), cgroups.Read(group)?.CpuQuota);
        Assert.Equal(CpuMath.Quota(30), cgroups.Read($"{group}/{container}")?.CpuQuota);
        await node.DeleteAsync(pod.Key);
    }

    [Fact]
    public async Task Memory_is_not_cut_below_what_is_in_use()
    {
        await using var node = new TestNode(containerd);
        var pod = await node.RunToReadyAsync(TestNode.Pod("full", "sleep 1000", changeContainer: c => c with { Resources = Memory("64Mi") }));

        node.Api.Change(pod.Key, p => p with { Spec = p.Spec with { Containers = [p.Spec.Containers[0] with { Resources = Memory("16Ki") }] } });
        pod = (await node.Api.WaitAsync(
            pod.Key, p => p!.Status.Conditions.Any(c => c is { Type: "PodResizeInProgress", Reason: "Error" }), TestNode.Patience, "refused"))!;

        var message = pod.Status.Conditions.First(c => c.Type == "PodResizeInProgress").Message;
        Assert.StartsWith("cannot decrease memory limits: ", message);
        Assert.Contains("attempting to set pod memory limit (16384) below current usage (", message);
        Assert.Equal("64Mi", pod.Status.ContainerStatuses[0].Resources!.Limits["memory"].ToString());
        Assert.Equal("16Ki", pod.Status.ContainerStatuses[0].AllocatedResources["memory"].ToString());
        Assert.Contains(node.Events.Of(pod), e => e is { Type: "Warning", Reason: "ResizeError" });
        await node.DeleteAsync(pod.Key);
    }

    private static ResourceRequirements Memory(string amount) => new()
    {
        Requests = new Dictionary<string, Quantity> { ["memory"] = Quantity.Parse(amount) },
        Limits = new Dictionary<string, Quantity> { ["memory"] = Quantity.Parse(amount) },
    };

    private static ResourceRequirements Cpu(string amount) => new()
    {
        Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse(amount) },
        Limits = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse(amount) },
    };
}
