using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Tests.Golden;
using Orchestrator.Controllers.Tests.Support;

namespace Orchestrator.Controllers.Tests.Pods;

/// <summary>What a pod's node leaves on the pod, as those see it who count on pods alone.</summary>
[Collection(SharedCluster.Name)]
public sealed class PodPlacementTests(RunningCluster cluster)
{
    private IClusterClient Client => cluster.Client;

    [Fact]
    public async Task Pod_created_on_a_node_bears_its_zone()
    {
        var pod = await CreateAsync("created-there", "node-b");

        Assert.Equal("zone-b", pod.Metadata.Labels["topology.kubernetes.io/zone"]);
    }

    [Fact]
    public async Task Bound_pod_bears_its_zone_and_is_nominated_no_longer()
    {
        var created = await CreateAsync("bound-there", "");
        var nominated = (await Client.UpdateStatusAsync(created with { Status = created.Status with { NominatedNodeName = "node-c" } }, default)).Value;
        Assert.Equal("node-c", nominated.Status.NominatedNodeName);

        Assert.True((await Client.BindAsync(nominated, "node-c", default)).IsOk);

        var bound = (await Client.GetAsync<Pod>(created.Key, default)).Value;
        Assert.Equal("zone-c", bound.Metadata.Labels["topology.kubernetes.io/zone"]);
        Assert.Equal("", bound.Status.NominatedNodeName);
    }

    private async Task<Pod> CreateAsync(string name, string node)
    {
        // A controller makes the account without which there are no pods.
        await RunningCluster.UntilAsync(() => Client.GetAsync<ServiceAccount>("default", "default", default), static a => a.IsOk);
        var pod = new Pod
        {
            Metadata = new() { Namespace = "default", Name = name },
            Spec = new() { NodeName = node, Containers = [new() { Name = "app", Image = "registry.example/app:v1" }] },
        };
        return (await Client.CreateAsync(pod, default)).Value;
    }
}
