using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Tests.Golden;
using Orchestrator.Controllers.Tests.Support;

namespace Orchestrator.Controllers.Tests.GarbageCollection;

[Collection(SharedCluster.Name)]
public sealed class OwnerReferenceTests(RunningCluster cluster)
{
    private IClusterClient Client => cluster.Client;

    [Fact]
    public async Task Owner_in_another_namespace_counts_as_absent_and_an_event_says_so()
    {
        Assert.True((await Client.CreateAsync(new Namespace { Metadata = new() { Name = "owner-elsewhere" } }, default)).IsOk);
        var owner = (await Client.CreateAsync(new ConfigMap { Metadata = new() { Namespace = "default", Name = "owner" } }, default)).Value;

        var dependent = (await Client.CreateAsync(
            new ConfigMap { Metadata = new() { Namespace = "owner-elsewhere", Name = "dependent", OwnerReferences = [ReferenceTo(owner, "owner")] } }, default)).Value;

        await RunningCluster.UntilAsync(() => Client.GetAsync<ConfigMap>(dependent.Key, default), static c => c.IsNotFound);
        await RunningCluster.UntilAsync(
            () => Client.ListAsync<Event>("owner-elsewhere", null, default),
            l => l.Value.Items.Any(e => e.Reason == "OwnerRefInvalidNamespace" && e.InvolvedObject.Name == "dependent"
                && e.Message == $"ownerRef [v1/ConfigMap, namespace: owner-elsewhere, name: owner, uid: {owner.Metadata.Uid}] does not exist in namespace \"owner-elsewhere\""));
    }

    [Fact]
    public async Task Owner_of_another_name_counts_as_absent_although_its_uid_is_known()
    {
        var owner = (await Client.CreateAsync(new ConfigMap { Metadata = new() { Namespace = "default", Name = "named-rightly" } }, default)).Value;
        var kept = (await Client.CreateAsync(
            new ConfigMap { Metadata = new() { Namespace = "default", Name = "kept", OwnerReferences = [ReferenceTo(owner, "named-rightly")] } }, default)).Value;

        var dependent = (await Client.CreateAsync(
            new ConfigMap { Metadata = new() { Namespace = "default", Name = "lost", OwnerReferences = [ReferenceTo(owner, "named-wrongly")] } }, default)).Value;

        await RunningCluster.UntilAsync(() => Client.GetAsync<ConfigMap>(dependent.Key, default), static c => c.IsNotFound);
        Assert.True((await Client.GetAsync<ConfigMap>(kept.Key, default)).IsOk);
    }

    private static OwnerReference ReferenceTo(ConfigMap owner, string name) => new() { ApiVersion = "v1", Kind = "ConfigMap", Name = name, Uid = owner.Metadata.Uid };
}
