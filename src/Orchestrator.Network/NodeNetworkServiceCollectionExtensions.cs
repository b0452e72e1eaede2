using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Network.Commands;
using Orchestrator.Network.Dns;
using Orchestrator.Network.Dns.Forwarding;
using Orchestrator.Network.Dns.Serving;
using Orchestrator.Network.Dns.Zone;
using Orchestrator.Network.PodNetwork;
using Orchestrator.Network.Policy;
using Orchestrator.Network.Proxy;
using Orchestrator.Network.Services;

namespace Orchestrator.Network;

/// <summary>Wires the node's network.</summary>
public static class NodeNetworkServiceCollectionExtensions
{
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Adds cluster DNS, service proxy, pod network and network policies of one node. The host must have an
        /// <see cref="Client.IInformerFactory"/> and logging; <see cref="INodeNetwork"/> is what the agent uses.
        /// </summary>
        /// <exception cref="ArgumentException">The settings don't go together; the text names every fault.</exception>
        public IServiceCollection AddNodeNetwork(NodeNetworkOptions options)
        {
            if (options.Validate() is { Count: > 0 } faults)
            {
                throw new ArgumentException(string.Join(' ', faults), nameof(options));
            }

            services.TryAddSingleton(TimeProvider.System);
            services.TryAddSingleton<ICommandRunner>(_ => new ProcessCommandRunner([.. options.CommandPrefix]));
            services.TryAddSingleton<Nftables>();
            services.AddSingleton(options);

            services.TryAddSingleton<ServiceCatalog>();
            services.TryAddSingleton<ServiceFeed>();
            services.TryAddSingleton(provider => new ServiceCatalogFile(
                Path.Combine(options.StateDirectory, "services.json"),
                provider.GetRequiredService<ServiceCatalog>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<ServiceCatalogFile>>()));
            services.AddClusterDns(options);
            services.AddServiceProxy(options);

            services.TryAddSingleton(PodNetworkOptionsOf(options));
            services.TryAddSingleton<PodNetworkConfigurator>();
            services.TryAddSingleton<PodNetworkController>();

            services.TryAddSingleton(new PolicyOptions
            {
                Table = $"orchestrator-{options.Instance}-policy",
                NodeName = options.NodeName,
                RulesFile = Path.Combine(options.StateDirectory, "policy.nft"),
            });
            services.TryAddSingleton<PolicyEnforcer>();

            services.TryAddSingleton<NodeNetwork>();
            services.TryAddSingleton<INodeNetwork>(provider => provider.GetRequiredService<NodeNetwork>());
            services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<NodeNetwork>());
            return services;
        }

        private void AddClusterDns(NodeNetworkOptions options)
        {
            var address = options.DnsAddress ?? IPAddress.Any;
            services.TryAddSingleton(new ClusterZoneOptions { Domain = options.ClusterDomain, ServerAddress = address });
            services.TryAddSingleton(new DnsServerOptions { Endpoint = new IPEndPoint(address, options.DnsPort) });
            services.TryAddSingleton(new ForwarderOptions { ResolvConfPath = options.ResolvConfPath, OwnAddresses = [address] });
            services.TryAddSingleton<ClusterZone>();
            services.TryAddSingleton(provider => new DnsResponder(
                provider.GetRequiredService<ClusterZone>(), provider.GetRequiredService<ClusterZoneOptions>(), [options.ServiceCidr, options.ClusterCidr]));
            services.TryAddSingleton<IUpstreamTransport, SocketUpstreamTransport>();
            services.TryAddSingleton<UpstreamServers>();
            services.TryAddSingleton<Forwarder>();
            services.TryAddSingleton<AliasFollower>();
            services.TryAddSingleton<DnsServer>();
            services.TryAddSingleton<ClusterDns>();
        }

        private void AddServiceProxy(NodeNetworkOptions options)
        {
            services.TryAddSingleton(new ProxyOptions
            {
                Table = $"orchestrator-{options.Instance}",
                NodeName = options.NodeName,
                ClusterCidrs = [options.ClusterCidr.ToString()],
                LocalAddresses = options.DnsAddress is { } address ? [address.ToString()] : [],
            });
            services.TryAddSingleton<ConntrackCleaner>();
            services.TryAddSingleton<HealthCheckServers>();
            services.TryAddSingleton<ServiceProxy>();
        }
    }

    /// <summary>Removes what the network of an installation left in the kernel: tables, devices and routes.</summary>
    public static Task CleanUpAsync(NodeNetworkOptions options, CancellationToken cancellationToken) =>
        new NodeNetworkCleanup(new ProcessCommandRunner([.. options.CommandPrefix])).RunAsync(PodNetworkOptionsOf(options), cancellationToken);

    internal static PodNetworkOptions PodNetworkOptionsOf(NodeNetworkOptions options) => new()
    {
        Instance = options.Instance,
        NodeName = options.NodeName,
        ClusterCidr = options.ClusterCidr,
        ServiceCidr = options.ServiceCidr,
        DnsAddress = options.DnsAddress,
        Mode = options.PodNetworkMode,
        CniConfigurationDirectory = options.CniConfigurationDirectory,
        CniStateDirectory = options.CniStateDirectory,
        StateFile = Path.Combine(options.StateDirectory, "pod-network.json"),
    };
}
