using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Watching;

public sealed class WatchBookmarkTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Quiet_watch_says_how_far_it_came_before_its_time_is_over()
    {
        await using var server = await LiveServer.StartAsync(Cancel);

        // The whole answer: it ends after three seconds, two seconds before which the bookmark is due.
        var events = await server.GetAsync("/api/v1/namespaces/default/replicationcontrollers?watch=true&allowWatchBookmarks=true&timeoutSeconds=3", Cancel);

        Assert.StartsWith("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"ReplicationController\"", events, StringComparison.Ordinal);
        Assert.Single(events.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
