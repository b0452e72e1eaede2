using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Client;
using Orchestrator.Scheduler.Hosting;

namespace Orchestrator.Scheduler;

/// <summary>Runs the scheduler, under the Lease <c>kube-system/kube-scheduler</c> when several servers may.</summary>
public sealed class SchedulerService(
    IClusterClient client, Func<IClusterClient, IInformerFactory> informers, SchedulerOptions options, TimeProvider time, Random random, ILoggerFactory loggers)
    : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The host goes on starting while this waits for a server that may be a part of it.
        await Task.Yield();
        var identity = options.Identity.Length > 0 ? options.Identity : $"{Environment.MachineName}_{new NameGenerator(random).Suffix(8)}";
        await using var recorder = new SeriesEventRecorder(
            client, options.SchedulerName, $"{options.SchedulerName}-{identity}", time, loggers.CreateLogger<SeriesEventRecorder>());
        if (!options.LeaderElect)
        {
            await LeadAsync(recorder, stoppingToken);
            return;
        }

        // An election is an Event of the core group, as upstream's.
        await using var elections = new EventRecorder(client, options.SchedulerName, "", time, loggers.CreateLogger<EventRecorder>());
        var elector = new LeaderElector(
            client,
            new() { Lease = new("kube-system", "kube-scheduler"), Identity = identity },
            time,
            new Random(random.Next()),
            elections,
            loggers.CreateLogger<LeaderElector>());
        await elector.RunAsync(term => LeadAsync(recorder, term), stoppingToken);
    }

    private async Task LeadAsync(IEventRecorder recorder, CancellationToken cancellationToken)
    {
        await using var factory = informers(client);
        var term = new SchedulerTerm(client, factory, recorder, options, time, new Random(random.Next()), loggers.CreateLogger<SchedulerTerm>());
        try
        {
            await term.RunAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The term is over.
        }
    }
}
