using Microsoft.Extensions.Logging;
using Orchestrator.ApiServer.Metrics;
using Orchestrator.ApiServer.Registry;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Fairness;

/// <summary>Priority and fairness, put together: the filter, what keeps its configuration, and its two loops.</summary>
internal sealed class FairnessService : IAsyncDisposable
{
    /// <summary>Upstream lends seats anew every ten seconds.</summary>
    private static readonly TimeSpan ReallocationPeriod = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;

    public FairnessService(int serverSeats, MetricRegistry metrics, IStore store, Patcher patcher, ResourceRegistry registry, TimeProvider time, ILoggerFactory loggers)
    {
        Configuration = new FlowConfiguration(serverSeats, Instruments(metrics), time);
        Filter = new FairnessFilter(Configuration, store, time);
        Debug = new FairnessDebug(Configuration, time);
        var writer = new FlowSchemaStatusWriter(Configuration, patcher, registry, time, loggers.CreateLogger<FlowSchemaStatusWriter>());
        Configuration.SchemaChanged += writer.Enqueue;
        FollowUp = writer.FollowUp;
        _work = Task.WhenAll(writer.RunAsync(_stop.Token), ReallocateAsync(time));
    }

    public FlowConfiguration Configuration { get; }

    public FairnessFilter Filter { get; }

    public FairnessDebug Debug { get; }

    /// <summary>The schemas whose condition is written.</summary>
    public FollowUp FollowUp { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _stop.Dispose();
    }

    private async Task ReallocateAsync(TimeProvider time)
    {
        using var timer = new PeriodicTimer(ReallocationPeriod, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                Configuration.Reallocate();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private static FairnessInstruments Instruments(MetricRegistry metrics)
    {
        var instruments = new FairnessInstruments(metrics);
        instruments.ShowOldNames();
        return instruments;
    }
}
