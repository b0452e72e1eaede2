using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Events;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Tests.Support;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Tests.Events;

public sealed class EventExpiryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_go_an_hour_after_they_last_happened()
    {
        var clock = new HandClock();
        var start = clock.GetUtcNow();
        await using var store = new InMemoryStore(new StoreOptions(), clock);
        var codec = new ObjectCodec(new ResourceRegistry());
        await PutAsync("once", new Event { Metadata = Meta("once", start) });
        await PutAsync("again", new Event { Metadata = Meta("again", start), LastTimestamp = start.AddMinutes(50) });
        await PutAsync("series", new Event { Metadata = Meta("series", start), Series = new EventSeries { Count = 2, LastObservedTime = start.AddMinutes(55) } });
        await using var expiry = new EventExpiry(store, codec, TimeSpan.FromHours(1), clock, NullLogger<EventExpiry>.Instance);

        clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(0, await expiry.SweepAsync(Cancel));
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, await expiry.SweepAsync(Cancel));
        Assert.Null(store.Snapshot("events").Find("default/once"));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(2, await expiry.SweepAsync(Cancel));

        async Task PutAsync(string name, Event seen) =>
            await store.CommitAsync(new Transaction(Operation.Create(new StoreKey("events", "default/" + name), ObjectCodec.Encode(seen with { Kind = "Event", ApiVersion = "v1" }))), Cancel);
    }

    private static ObjectMeta Meta(string name, DateTimeOffset created) => new() { Name = name, Namespace = "default", CreationTimestamp = created };
}
