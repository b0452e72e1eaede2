using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Agent.Eviction;
using Orchestrator.Agent.Tests.Support;
using Orchestrator.Api;

namespace Orchestrator.Agent.Tests.Eviction;

public sealed class EvictionTests(ContainerdFixture containerd)
{
    [Fact]
    public async Task Node_short_of_memory_evicts_who_uses_more_than_it_asked_for_and_takes_nobody_who_asks_for_none()
    {
        // Short from the moment that the threshold is set: no machine has as much.
        await using var node = new TestNode(containerd);
        var modest = await node.RunToReadyAsync(TestNode.Pod("modest", "exec sleep 3600", changeContainer: c => c with { Resources = Request("memory", "1Gi") }));
        var greedy = await node.RunToReadyAsync(TestNode.Pod("greedy", "exec sleep 3600"));
        node.Options.EvictionHardMemory = "1Ei";
        var pressure = node.Provider.GetRequiredService<NodePressure>();
        while (!pressure.HasMemoryPressure)
        {
            // What was measured a moment ago still counts.
            await Task.Delay(50);
        }

        var evictions = node.Provider.GetRequiredService<EvictionManager>();
        await evictions.CheckAsync(CancellationToken.None);
        var evicted = (await node.Api.WaitAsync(greedy.Key, p => p?.Status.Phase == "Failed", TestNode.Patience, "evicted"))!;

        Assert.Equal("Evicted", evicted.Status.Reason);
        Assert.Matches(
            "^The node was low on resource: memory\\. Threshold quantity: 1Ei, available: [0-9]+[KMG]i\\. Container c was using [0-9]+Ki, request is 0, has larger consumption of memory\\. $",
            evicted.Status.Message);
        var disruption = Assert.Single(evicted.Status.Conditions, c => c.Type == "DisruptionTarget");
        Assert.Equal(("True", "TerminationByKubelet", evicted.Status.Message), (disruption.Status, disruption.Reason, disruption.Message));
        Assert.Contains(node.Events.Of(greedy), e => e is { Reason: "Evicted", Type: "Warning" } && e.Message == evicted.Status.Message);
        Assert.Contains(node.Events.All, e => e is { Reason: "EvictionThresholdMet", Message: "Attempting to reclaim memory" });
        Assert.True(TestNode.IsReady(node.Api.Get(modest.Key)!));

        var late = await node.RunAsync(TestNode.Pod("late", "exec sleep 3600"), p => p.Status.Phase == "Failed", "refused");
        Assert.Equal(("Evicted", "Pod was rejected: The node had condition: [MemoryPressure]. "), (late.Status.Reason, late.Status.Message));
        foreach (var pod in new[] { modest, greedy, late })
        {
            await node.DeleteAsync(pod.Key);
        }
    }

    [Fact]
    public async Task Pod_that_writes_more_than_its_limit_is_evicted()
    {
        await using var node = new TestNode(containerd);
        var pod = await node.RunToReadyAsync(TestNode.Pod(
            "writer", "head -c 3000000 /dev/zero | tr '\\0' x; exec sleep 3600",
            changeContainer: c => c with { Resources = new() { Limits = new Dictionary<string, Quantity> { ["ephemeral-storage"] = Quantity.Parse("1Mi") } } }));
        var evictions = node.Provider.GetRequiredService<EvictionManager>();
        Pod? evicted = null;
        for (var tries = 0; evicted is null && tries < 300; tries++)
        {
            await evictions.CheckAsync(CancellationToken.None);
            evicted = node.Api.Get(pod.Key) is { Status.Phase: "Failed" } failed ? failed : null;
            await Task.Delay(100);
        }

        Assert.Equal(("Evicted", "Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. "), (evicted!.Status.Reason, evicted.Status.Message));
        Assert.DoesNotContain(evicted.Status.Conditions, c => c.Type == "DisruptionTarget");
        await node.DeleteAsync(pod.Key);
    }

    private static ResourceRequirements Request(string resource, string amount) =>
        new() { Requests = new Dictionary<string, Quantity> { [resource] = Quantity.Parse(amount) } };
}
