using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Cgroups;
using Orchestrator.Agent.Eviction;
using Orchestrator.Agent.Http;
using Orchestrator.Agent.Images;
using Orchestrator.Agent.Logs;
using Orchestrator.Agent.Nodes;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Reporting;

namespace Orchestrator.Agent;

/// <summary>The agent as a service: starts its parts in order, and stops them without touching containers.</summary>
/// <remarks>
/// 1. The pods' cgroups. 2. The server, whose port the node reports. 3. The node's object (labels decide on pods). 4. Heartbeat and status.
/// 5. Pods: those that run are adopted, those that belong to nobody are stopped once the API's list is known.
/// </remarks>
internal sealed partial class NodeAgent(
    PodManager pods,
    PodCgroups cgroups,
    NodeFacts facts,
    NodeRegistrar registrar,
    NodeLeaseKeeper lease,
    LogRotator logs,
    ImageCollector images,
    EvictionManager eviction,
    AgentServer server,
    IPodEvents events,
    NodeAgentOptions options,
    TimeProvider time,
    ILogger<NodeAgent> logger) : BackgroundService
{
    private static readonly TimeSpan LogRotationInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ImageCollectionInterval = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        cgroups.Initialize(facts.Allocatable["cpu"].MilliValue, facts.Allocatable["memory"].Value);
        registrar.Port = await server.StartAsync(stoppingToken);
        await registrar.RegisterAsync(stoppingToken);
        events.EmitNode("Normal", "Starting", "Starting kubelet.");
        pods.Start();
        LogStarted(options.NodeName, registrar.Port);
        await Task.WhenAll(
            lease.RunAsync(stoppingToken),
            registrar.RunAsync(stoppingToken),
            EveryAsync(EvictionManager.Interval, eviction.CheckAsync, stoppingToken),
            EveryAsync(LogRotationInterval, logs.RotateAllAsync, stoppingToken),
            EveryAsync(ImageCollectionInterval, images.CollectAsync, stoppingToken));
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await server.StopAsync(cancellationToken);
        await pods.DisposeAsync();
    }

    private async Task EveryAsync(TimeSpan interval, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(interval, time, cancellationToken);
            try
            {
                await work(cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogUpkeepFailed(e.Message);
            }
        }
    }

    [LoggerMessage(5721, LogLevel.Information, "The agent of node {Node} is up, its server on port {Port}")]
    private partial void LogStarted(string node, int port);

    [LoggerMessage(5722, LogLevel.Warning, "The node's upkeep (logs, images, eviction) failed: {Reason}")]
    private partial void LogUpkeepFailed(string reason);
}
