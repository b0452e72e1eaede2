using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Agent.Nodes;
using Orchestrator.Agent.Tests.Support;
using Orchestrator.Api;

namespace Orchestrator.Agent.Tests.Nodes;

public sealed class NodeStatusTests(ContainerdFixture containerd)
{
    [Fact]
    public async Task Resources_advertised_by_a_patch_of_the_capacity_are_for_pods()
    {
        await using var node = new TestNode(containerd);
        var facts = node.Provider.GetRequiredService<NodeFacts>();
        var old = NodeStatus.Empty with
        {
            Capacity = new Dictionary<string, Quantity> { ["example.com/dongle"] = Quantity.Parse("5"), ["cpu"] = Quantity.Parse("1000") },
            Allocatable = new Dictionary<string, Quantity> { ["example.com/gone"] = Quantity.Parse("1") },
        };

        var status = await node.Provider.GetRequiredService<NodeStatusReader>().ReadAsync(old, 10250, TestContext.Current.CancellationToken);

        Assert.Equal("5", status.Capacity["example.com/dongle"].ToString());
        Assert.Equal("5", status.Allocatable["example.com/dongle"].ToString());
        Assert.False(status.Allocatable.ContainsKey("example.com/gone"));
        Assert.Equal(facts.Capacity["cpu"], status.Capacity["cpu"]);
    }
}
