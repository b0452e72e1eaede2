using Microsoft.Extensions.Hosting;
using Orchestrator.Network.Dns;
using Orchestrator.Network.PodNetwork;
using Orchestrator.Network.Policy;
using Orchestrator.Network.Proxy;
using Orchestrator.Network.Services;

namespace Orchestrator.Network;

/// <summary>Runs the parts of the node's network side by side; all of them, or the process ends.</summary>
/// <remarks>What is in the kernel stays when this stops: names are gone until the next start, Services and pods' links are not.</remarks>
internal sealed class NodeNetwork(
    NodeNetworkOptions options,
    ServiceCatalog catalog,
    ServiceCatalogFile file,
    ServiceFeed feed,
    ClusterDns dns,
    ServiceProxy proxy,
    HealthCheckServers healthChecks,
    PodNetworkController podNetwork,
    PolicyEnforcer policies) : BackgroundService, INodeNetwork
{
    public Task PodNetworkReady => options.ManagePodNetwork ? podNetwork.Ready : Task.CompletedTask;

    public async Task WithdrawAsync(string podUid, CancellationToken cancellationToken)
    {
        if (catalog.Withdraw(podUid).Count > 0 && options.RunServiceProxy)
        {
            await proxy.WhenAppliedAsync().WaitAsync(cancellationToken);
        }
    }

    public void Forget(string podUid) => catalog.Forget(podUid);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        file.Read();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        List<Task> parts = [feed.RunAsync(stopping.Token), file.RunAsync(stopping.Token)];
        if (options.DnsAddress is not null)
        {
            parts.Add(dns.PublishAsync(stopping.Token));
            parts.Add(dns.ServeAsync(stopping.Token));
        }

        if (options.RunServiceProxy)
        {
            parts.Add(proxy.RunAsync(stopping.Token));
        }

        if (options.ManagePodNetwork)
        {
            parts.Add(podNetwork.RunAsync(stopping.Token));
        }

        if (options.EnforceNetworkPolicies)
        {
            parts.Add(policies.RunAsync(stopping.Token));
        }

        try
        {
            await await Task.WhenAny(parts);
        }
        finally
        {
            await stopping.CancelAsync();
            await Task.WhenAll(parts).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            await healthChecks.DisposeAsync();
        }
    }
}
