using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Tests.Golden;
using Orchestrator.Controllers.Tests.Support;
using Series = Orchestrator.Api.Events.V1.Event;

namespace Orchestrator.Controllers.Tests.Events;

[Collection(SharedCluster.Name)]
public sealed class EventRecorderTests(RunningCluster cluster)
{
    [Fact]
    public async Task Repetition_is_counted_and_all_else_stays()
    {
        await using var recorder = new EventRecorder(cluster.Client, "author", "host", TimeProvider.System, NullLogger<EventRecorder>.Instance);
        var regarding = Regarding("repeated");

        recorder.Record(regarding, "Normal", "Again", "the same");
        recorder.Record(regarding, "Normal", "Again", "the same");

        var events = await RunningCluster.UntilAsync(
            () => cluster.Client.ListAsync<Event>("default", null, default),
            l => l.Value.Items.Any(e => e.InvolvedObject.Uid == regarding.Uid && e is { Count: 2 }));
        var found = events.Items.Single(e => e.InvolvedObject.Uid == regarding.Uid);
        Assert.NotNull(found.FirstTimestamp);
        Assert.Equal(("author", "host", "the same"), (found.ReportingComponent, found.ReportingInstance, found.Message));
    }

    [Fact]
    public async Task Series_keeps_when_it_began()
    {
        await using var recorder = new SeriesEventRecorder(cluster.Client, "example.com/author", "host", TimeProvider.System, NullLogger<SeriesEventRecorder>.Instance);
        var regarding = Regarding("series");

        recorder.Record(regarding, "Normal", "Again", "the same", action: "Acting");
        recorder.Record(regarding, "Normal", "Again", "the same", action: "Acting");

        var events = await RunningCluster.UntilAsync(
            () => cluster.Client.ListAsync<Series>("default", null, default),
            l => l.Value.Items.Any(e => e.Regarding.Uid == regarding.Uid && e is { Series.Count: 2 }));
        var found = events.Items.Single(e => e.Regarding.Uid == regarding.Uid);
        Assert.NotNull(found.EventTime);
        Assert.Equal(("example.com/author", "host", "Acting"), (found.ReportingController, found.ReportingInstance, found.Action));
    }

    private static ObjectReference Regarding(string name) => new() { Kind = "Pod", ApiVersion = "v1", Namespace = "default", Name = name, Uid = "uid-" + name };
}
