using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Client;

namespace Orchestrator.Controllers;

/// <summary>Runs all controllers, under the Lease <c>kube-system/kube-controller-manager</c> when several servers may.</summary>
public sealed class ControllerManager(
    IClusterClient client, Func<IClusterClient, IInformerFactory> informers, ControllerOptions options, TimeProvider time, Random random, ILoggerFactory loggers)
    : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The host goes on starting while this waits for a server that may be a part of it.
        await Task.Yield();
        if (!options.LeaderElect)
        {
            await LeadAsync(stoppingToken);
            return;
        }

        var identity = options.Identity.Length > 0 ? options.Identity : $"{Environment.MachineName}_{new NameGenerator(random).Suffix(8)}";
        await using var recorder = new EventRecorder(client, "kube-controller-manager", "", time, loggers.CreateLogger<EventRecorder>());
        var elector = new LeaderElector(
            client,
            new() { Lease = new("kube-system", "kube-controller-manager"), Identity = identity },
            time,
            new Random(random.Next()),
            recorder,
            loggers.CreateLogger<LeaderElector>());
        await elector.RunAsync(LeadAsync, stoppingToken);
    }

    private async Task LeadAsync(CancellationToken cancellationToken)
    {
        await using var context = new ControllerContext(client, informers(client), time, new Random(random.Next()), options, loggers);
        try
        {
            await new ControllerTerm(context, loggers.CreateLogger<ControllerTerm>()).RunAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The term is over.
        }
    }
}
