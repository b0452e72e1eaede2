using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Admission;
using Orchestrator.Agent.Cgroups;
using Orchestrator.Agent.Dns;
using Orchestrator.Agent.Eviction;
using Orchestrator.Agent.Http;
using Orchestrator.Agent.Images;
using Orchestrator.Agent.Logs;
using Orchestrator.Agent.Nodes;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Pods.Containers;
using Orchestrator.Agent.Pods.Status;
using Orchestrator.Agent.Reporting;
using Orchestrator.Agent.Runtime;
using Orchestrator.Agent.StaticPods;
using Orchestrator.Agent.Stats;
using Orchestrator.Agent.Streaming;
using Orchestrator.Agent.Variables;
using Orchestrator.Agent.Volumes;
using Orchestrator.Client;

namespace Orchestrator.Agent;

/// <summary>Adds the agent of a node to a host.</summary>
public static class NodeAgentServiceCollectionExtensions
{
    private const string CgroupMount = "/sys/fs/cgroup";

    extension(IServiceCollection services)
    {
        /// <summary>
        /// Adds the agent. The host must have an <see cref="IClusterClient"/> and may replace any part: <see cref="IContainerRuntime"/> and
        /// <see cref="IRuntimeEvents"/> (a simulator), <see cref="TimeProvider"/>, <see cref="IInformerFactory"/>.
        /// </summary>
        public IServiceCollection AddNodeAgent(NodeAgentOptions options)
        {
            services.AddNodeAgentParts(options);
            services.TryAddSingleton<INodeApi, ClusterNodeApi>();
            services.TryAddSingleton<IInformerFactory>(p => new InformerFactory(
                p.GetRequiredService<IClusterClient>(), p.GetRequiredService<TimeProvider>(), p.GetService<Random>() ?? new Random(), p.GetRequiredService<ILoggerFactory>()));
            services.TryAddSingleton<IPodEvents>(p => new PodEvents(
                new EventRecorder(
                    p.GetRequiredService<IClusterClient>(), "kubelet", options.NodeName, p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<EventRecorder>>()),
                options));
            services.AddHostedService<NodeAgent>();
            return services;
        }

        /// <summary>Adds all parts but those that talk to the cluster.</summary>
        internal IServiceCollection AddNodeAgentParts(NodeAgentOptions options)
        {
            services.AddSingleton(options);
            services.TryAddSingleton(TimeProvider.System);
            services.TryAddSingleton<IContainerRuntime>(p => new CriRuntime(options.RuntimeEndpoint, p.GetRequiredService<TimeProvider>()));
            services.TryAddSingleton<IRuntimeEvents>(p => new ContainerdEvents(
                options.RuntimeEndpoint, p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ContainerdEvents>>()));
            services.TryAddSingleton<IImageMounts>(p => new ContainerdImageMounts(options.RuntimeEndpoint, p.GetRequiredService<TimeProvider>()));
            services.TryAddSingleton<ICgroups>(_ => File.Exists(CgroupMount + "/cgroup.controllers") ? new CgroupsV2(CgroupMount) : new CgroupsV1(CgroupMount));
            services.TryAddSingleton(_ => NodeFactsReader.Read(options));
            services.TryAddSingleton(p => new PodCgroups(p.GetRequiredService<ICgroups>(), options.CgroupRoot));
            services.TryAddSingleton<PodPaths>();
            services.TryAddSingleton<RuntimeHandlers>();
            services.TryAddSingleton<UserNamespaces>();
            services.TryAddSingleton<DnsConfigurer>();
            services.TryAddSingleton<SandboxConfigBuilder>();
            services.TryAddSingleton<ContainerEnvironment>();
            services.TryAddSingleton<SubPaths>();
            services.TryAddSingleton<ContainerConfigBuilder>();
            services.TryAddSingleton<LifecycleHooks>();
            services.TryAddSingleton<ContainerKiller>();
            services.TryAddSingleton<ContainerStarter>();
            services.TryAddSingleton<RegistryCredentials>();
            services.TryAddSingleton<ImageManager>();
            services.TryAddSingleton<TokenCache>();
            services.TryAddSingleton<FileSources>();
            services.TryAddSingleton<PodVolumes>();
            services.TryAddSingleton<Devices.PodDevices>();
            services.TryAddSingleton<ReferencedObjects>();
            services.TryAddSingleton<RuntimePodReader>();
            services.TryAddSingleton<PodStatusBuilder>();
            services.TryAddSingleton<TerminationMessages>();
            services.TryAddSingleton<NodePressure>();
            services.TryAddSingleton<EvictionManager>();
            services.TryAddSingleton<PodAdmission>();
            services.TryAddSingleton<ContainerOwners>();
            services.TryAddSingleton<IPodTraffic, NoPodTraffic>();
            services.TryAddSingleton<MirrorPods>();
            services.TryAddSingleton<StaticPodReader>();
            services.TryAddSingleton<StaticPodFolder>();
            services.TryAddSingleton<PodRuntimeServices>();
            services.TryAddSingleton<PodManager>();
            services.TryAddSingleton<LogRotator>();
            services.TryAddSingleton<ImageCollector>();
            services.TryAddSingleton<NodeRegistrar>();
            services.TryAddSingleton<NodeLeaseKeeper>();
            services.TryAddSingleton<NodeStatusReader>();
            services.TryAddSingleton<StatsCollector>();
            services.TryAddSingleton<StreamingProxy>();
            services.TryAddSingleton<ServerCertificate>();
            services.TryAddSingleton<ClientAuthentication>();
            services.TryAddSingleton<LogEndpoint>();
            services.TryAddSingleton<StreamEndpoints>();
            services.TryAddSingleton<StatsEndpoints>();
            services.TryAddSingleton<CadvisorMetrics>();
            services.TryAddSingleton<PodsEndpoint>();
            services.TryAddSingleton<NodeLogsEndpoint>();
            services.TryAddSingleton<AgentServer>();
            return services;
        }
    }
}
