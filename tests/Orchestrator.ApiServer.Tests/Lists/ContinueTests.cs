using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Lists;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Tests.Support;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Tests.Lists;

public sealed class ContinueTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task List_that_took_too_long_goes_on_with_what_is_there_now()
    {
        var clock = new HandClock();
        await using var store = new InMemoryStore(new StoreOptions(), clock);
        var registry = new ResourceRegistry();
        var maps = registry.Find("", "v1", "configmaps")!;
        var lister = new Lister(store, new ObjectCodec(registry), null!, clock);
        foreach (var name in (string[])["a", "b", "c", "d"])
        {
            await PutAsync(name);
        }

        var first = await PageAsync("");
        await PutAsync("a2");
        await PutAsync("bb");

        // As it began, for as long as upstream lets it.
        clock.Advance(TimeSpan.FromMinutes(4));
        var second = await PageAsync(first.Continue);
        Assert.Equal(["default/b"], second.Items.Select(static i => i.Name));
        clock.Advance(TimeSpan.FromMinutes(2));
        var expired = await Assert.ThrowsAsync<ApiException>(async () => await PageAsync(second.Continue));
        Assert.Equal((410, "Expired"), (expired.Status.Code, expired.Status.Reason));

        var third = await PageAsync(expired.Status.Metadata.Continue);
        Assert.Equal(["default/bb"], third.Items.Select(static i => i.Name));
        Assert.True(third.Revision > first.Revision);
        Assert.Equal(["default/c"], (await PageAsync(third.Continue)).Items.Select(static i => i.Name));

        async Task<ListPage> PageAsync(string token) =>
            await lister.ListAsync(maps, "default", new Orchestrator.ApiServer.Lists.ListOptions { Fields = FieldSelector.Parse("", maps.SelectableFields), Limit = 1, Continue = token }, Cancel);

        async Task PutAsync(string name) => await store.CommitAsync(
            new Transaction(Operation.Create(new StoreKey(maps.Collection, "default/" + name), ObjectCodec.Encode(new ConfigMap { Kind = "ConfigMap", ApiVersion = "v1", Metadata = new ObjectMeta { Name = name, Namespace = "default" } }))), Cancel);
    }
}
