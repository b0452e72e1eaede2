using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Orchestrator.Network.Dns.Serving;
using Orchestrator.Network.Dns.Zone;
using Orchestrator.Network.PodNetwork;
using Orchestrator.Network.Services;

namespace Orchestrator.Network.Dns;

/// <summary>Cluster DNS on this node: keeps the zone in step with the catalog, and the server on its address.</summary>
internal sealed partial class ClusterDns(
    ServiceCatalog catalog,
    ClusterZone zone,
    DnsResponder responder,
    DnsServer server,
    PodNetworkConfigurator configurator,
    TimeProvider time,
    ILogger<ClusterDns> logger)
{
    private static readonly TimeSpan RetryMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(1);

    /// <summary>Publishes every change of the catalog until it is cancelled.</summary>
    public async Task PublishAsync(CancellationToken cancellationToken)
    {
        using var changes = catalog.Subscribe();
        await catalog.Loaded.WaitAsync(cancellationToken);
        while (true)
        {
            var change = changes.Take();
            if (!change.IsEmpty)
            {
                zone.Apply(change);
                LogPublished(zone.Snapshot.Serial, zone.Snapshot.Count);
            }

            responder.MarkReady();
            await changes.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes the address and listens, until it is cancelled.</summary>
    public async Task ServeAsync(CancellationToken cancellationToken)
    {
        var retry = RetryMin;
        while (true)
        {
            try
            {
                await configurator.EnsureDnsDeviceAsync(cancellationToken);
                server.Start();
                break;
            }
            catch (Exception exception) when (exception is SocketException or IOException)
            {
                // Another cluster's node on this machine may have the address, or its port; pods work without names meanwhile.
                LogListenFailed(exception, retry);
                await Task.Delay(retry, time, cancellationToken);
                retry = retry * 2 > RetryMax ? RetryMax : retry * 2;
            }
        }

        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [LoggerMessage(NetworkEvents.DnsZonePublished, LogLevel.Debug, "Zone {Serial} has {Names} names")]
    private partial void LogPublished(uint serial, int names);

    [LoggerMessage(NetworkEvents.DnsListenFailed, LogLevel.Warning, "Cluster DNS can't listen; trying again in {Delay}")]
    private partial void LogListenFailed(Exception exception, TimeSpan delay);
}
