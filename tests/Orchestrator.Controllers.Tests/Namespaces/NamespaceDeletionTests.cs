using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Tests.Golden;
using Orchestrator.Controllers.Tests.Support;

namespace Orchestrator.Controllers.Tests.Namespaces;

[Collection(SharedCluster.Name)]
public sealed class NamespaceDeletionTests(RunningCluster cluster)
{
    private IClusterClient Client => cluster.Client;

    [Fact]
    public async Task Namespace_goes_with_all_that_it_holds_and_says_what_holds_it_up()
    {
        var key = new ObjectKey("", "doomed");
        Assert.True((await Client.CreateAsync(new Namespace { Metadata = new() { Name = key.Name } }, default)).IsOk);
        Assert.True((await Client.CreateAsync(new ConfigMap { Metadata = new() { Namespace = key.Name, Name = "free" } }, default)).IsOk);
        Assert.True((await Client.CreateAsync(new ConfigMap { Metadata = new() { Namespace = key.Name, Name = "held", Finalizers = ["example.com/hold"] } }, default)).IsOk);

        Assert.True((await Client.DeleteAsync(ResourcePath.Of<Namespace>(key), null, default)).IsOk);

        var waiting = await RunningCluster.UntilAsync(
            () => Client.GetAsync<Namespace>(key, default),
            static n => n.IsOk && n.Value.Status.Conditions.Any(static c => c is { Type: "NamespaceFinalizersRemaining", Status: "True" }));
        Assert.Equal("Terminating", waiting.Status.Phase);
        Assert.Equal("Some resources are remaining: configmaps. has 1 resource instances", waiting.Status.Conditions.Single(static c => c.Type == "NamespaceContentRemaining").Message);
        Assert.Equal(
            "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
            waiting.Status.Conditions.Single(static c => c.Type == "NamespaceFinalizersRemaining").Message);
        Assert.True((await Client.GetAsync<ConfigMap>(key.Name, "free", default)).IsNotFound);

        // Nothing new comes in meanwhile.
        var refused = await Client.CreateAsync(new ConfigMap { Metadata = new() { Namespace = key.Name, Name = "late" } }, default);
        Assert.True(refused.IsNamespaceTerminating);

        Assert.True((await Client.PatchAsync<ConfigMap>(new ObjectKey(key.Name, "held"), Patch.Parse(PatchType.Merge, """{"metadata":{"finalizers":null}}"""), default)).IsOk);
        await RunningCluster.UntilAsync(() => Client.GetAsync<Namespace>(key, default), static n => n.IsNotFound);
    }

    [Fact]
    public async Task Pods_go_before_what_they_may_need()
    {
        var key = new ObjectKey("", "doomed-with-pods");
        var pod = new Pod
        {
            Metadata = new() { Namespace = key.Name, Name = "held", Finalizers = ["example.com/hold"] },
            Spec = new() { Containers = [new Container { Name = "c", Image = "i" }] },
        };
        Assert.True((await Client.CreateAsync(new Namespace { Metadata = new() { Name = key.Name } }, default)).IsOk);
        Assert.True((await Client.CreateAsync(new ConfigMap { Metadata = new() { Namespace = key.Name, Name = "needed" } }, default)).IsOk);
        await RunningCluster.UntilAsync(() => Client.CreateAsync(pod, default), static p => p.IsOk); // Once its service account is there.

        Assert.True((await Client.DeleteAsync(ResourcePath.Of<Namespace>(key), null, default)).IsOk);

        var waiting = await RunningCluster.UntilAsync(
            () => Client.GetAsync<Namespace>(key, default),
            static n => n.IsOk && n.Value.Status.Conditions.Any(static c => c is { Type: "NamespaceFinalizersRemaining", Status: "True" }));
        Assert.Equal("Some resources are remaining: pods. has 1 resource instances", waiting.Status.Conditions.Single(static c => c.Type == "NamespaceContentRemaining").Message);
        var needed = await Client.GetAsync<ConfigMap>(key.Name, "needed", default);
        Assert.True(needed.IsOk && !needed.Value.IsBeingDeleted);

        Assert.True((await Client.PatchAsync<Pod>(new ObjectKey(key.Name, "held"), Patch.Parse(PatchType.Merge, """{"metadata":{"finalizers":null}}"""), default)).IsOk);
        await RunningCluster.UntilAsync(() => Client.GetAsync<Namespace>(key, default), static n => n.IsNotFound);
    }
}
