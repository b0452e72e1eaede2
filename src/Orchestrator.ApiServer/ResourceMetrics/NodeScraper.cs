using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Nodes;

namespace Orchestrator.ApiServer.ResourceMetrics;

/// <summary>Asks nodes what is used, when somebody wants to know: nobody's question costs nothing.</summary>
/// <remarks>
/// A rate takes two answers. The one from the last question serves as the first if it is not too old; else the node is asked twice, a moment apart.
/// </remarks>
internal sealed partial class NodeScraper(NodeConnector nodes, TimeProvider time, ILogger<NodeScraper> logger)
{
    /// <summary>How old an answer may be; upstream's metrics server asks every 15 seconds.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BaseAgeMax = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan BaseWait = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, State> _states = new();

    /// <summary>Two answers of a node, the older first; null if it does not answer.</summary>
    public async Task<(NodeScrape Before, NodeScrape Now)?> ScrapeAsync(string node, CancellationToken cancellationToken)
    {
        var state = _states.GetOrAdd(node, static _ => new());
        await state.Busy.WaitAsync(cancellationToken);
        try
        {
            if (state.Before is { } before && state.Now is { } known && time.GetUtcNow() - state.At < Freshness)
            {
                return (before, known);
            }

            if (state.Now is null || time.GetUtcNow() - state.At > BaseAgeMax)
            {
                await NextAsync(state, node, cancellationToken);
                await Task.Delay(BaseWait, time, cancellationToken);
            }

            await NextAsync(state, node, cancellationToken);
            return (state.Before!, state.Now!);
        }
        catch (Exception failure) when (failure is HttpRequestException or ApiException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            LogFailed(node, failure.Message);
            return null;
        }
        finally
        {
            state.Busy.Release();
        }
    }

    private async Task NextAsync(State state, string node, CancellationToken cancellationToken)
    {
        var (host, port) = nodes.Locate(node);
        using var deadline = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder("https", host, port, "/metrics/resource").Uri);
        using var answer = await nodes.SendAsync(request, both.Token);
        answer.EnsureSuccessStatusCode();
        var scrape = NodeScrape.Parse(await answer.Content.ReadAsStringAsync(both.Token), time.GetUtcNow());
        (state.Before, state.Now, state.At) = (state.Now, scrape, time.GetUtcNow());
    }

    [LoggerMessage(2421, LogLevel.Warning, "Node {Node} does not tell what it uses: {Reason}")]
    private partial void LogFailed(string node, string reason);

    private sealed class State
    {
        public SemaphoreSlim Busy { get; } = new(1);

        public NodeScrape? Before { get; set; }

        public NodeScrape? Now { get; set; }

        public DateTimeOffset At { get; set; }
    }
}
