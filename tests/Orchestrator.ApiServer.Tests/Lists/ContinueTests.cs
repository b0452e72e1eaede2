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

    [Fact]
    public async Task Full_page_says_that_there_is_more_whether_it_matches_or_not()
    {
        await using var store = new InMemoryStore(new StoreOptions(), TimeProvider.System);
        var maps = new ResourceRegistry().Find("", "v1", "configmaps")!;
        var lister = new Lister(store, new ObjectCodec(new ResourceRegistry()), null!, TimeProvider.System);
        foreach (var name in (string[])["a", "b"])
        {
            await store.CommitAsync(
                new Transaction(Operation.Create(new StoreKey(maps.Collection, "default/" + name), ObjectCodec.Encode(new ConfigMap { Kind = "ConfigMap", ApiVersion = "v1", Metadata = new ObjectMeta { Name = name, Namespace = "default" } }))), Cancel);
        }

        // In all namespaces a name is a filter; in one it is an object, which has no next page.
        var page = await PageAsync("", "");
        Assert.Equal(["default/a"], page.Items.Select(static i => i.Name));
        Assert.NotEqual("", page.Continue);
        Assert.Null(page.RemainingItemCount);
        var last = await PageAsync("", page.Continue);
        Assert.Equal((0, ""), (last.Items.Count, last.Continue));
        Assert.Equal("", (await PageAsync("default", "")).Continue);

        async Task<ListPage> PageAsync(string ns, string token) => await lister.ListAsync(
            maps, ns, new Orchestrator.ApiServer.Lists.ListOptions { Fields = FieldSelector.Parse("metadata.name=a", maps.SelectableFields), Limit = 1, Continue = token }, Cancel);
    }

    [Fact]
    public async Task Token_of_a_future_revision_is_not_waited_for_without_end()
    {
        await using var store = new InMemoryStore(new StoreOptions(), TimeProvider.System);
        var maps = new ResourceRegistry().Find("", "v1", "configmaps")!;
        var lister = new Lister(store, new ObjectCodec(new ResourceRegistry()), null!, new HastyClock());
        var options = new Orchestrator.ApiServer.Lists.ListOptions { Fields = FieldSelector.Parse("", maps.SelectableFields), Continue = new ContinueToken(1000, "default/a", Since: 0).ToString() };

        var error = await Assert.ThrowsAsync<ApiException>(async () => await lister.ListAsync(maps, "default", options, Cancel));
        Assert.Equal((504, "Timeout"), (error.Status.Code, error.Status.Reason));
    }

    /// <summary>Whose timers are all due at once.</summary>
    private sealed class HastyClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
