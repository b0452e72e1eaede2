using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent;
using Orchestrator.Agent.Pods;
using Orchestrator.Client;
using Orchestrator.Joining;
using Orchestrator.Network;
using Orchestrator.Settings;

namespace Orchestrator.Hosting;

/// <summary>The composition of a node: the agent, the network, and the runtime below both.</summary>
internal static class NodeProgram
{
    /// <summary>The tenth address of the Services' range, as kubeadm and k3s have it.</summary>
    public const int DnsAddressOffset = 10;

    /// <summary>Where others find the node.</summary>
    /// <exception cref="SettingException">The machine does not tell, and the operator did not.</exception>
    public static IPAddress AddressOf(AgentSettings settings) => settings.NodeAddress ?? HostAddress.OfDefaultRoute()
        ?? throw new SettingException("this machine has no default route; name its address with --node-ip");

    public static void Start(
        AgentSettings settings, NodeAccess access, NodeRuntime runtime, BackgroundParts parts, TimeProvider time, ILoggerFactory loggers, CancellationToken stop)
    {
        // The network is known to the server under a name of its own, so it has a client and caches of its own.
        var network = StartNetwork(settings, access, parts, time, loggers, stop);
        var builder = CreateHost(access.Server, time, loggers);
        builder.Services.AddSingleton<IPodTraffic>(new NodePodTraffic(network, time));
        builder.Services.AddNodeAgent(new()
        {
            NodeName = settings.NodeName,
            NodeAddresses = [AddressOf(settings)],
            RuntimeEndpoint = runtime.Socket,
            RootDirectory = settings.DataDirectory.Agent,
            PodLogsDirectory = Path.Combine(settings.DataDirectory.Agent, "logs"),
            CgroupRoot = settings.CgroupRoot,
            Port = settings.KubeletPort,
            ClientCaPath = access.AuthorityFile,
            ServerCertificatePath = access.ServingCertificateFile,
            ServerKeyPath = access.ServingKeyFile,
            ClusterDns = [settings.ServiceRange.At(DnsAddressOffset)],
            ClusterDomain = settings.ClusterDomain,
            PodsMax = settings.PodsMax,
            StaticPodsDirectory = settings.StaticPods,
            RegisterWithTaints = settings.Taints,
            EvictionHardMemory = settings.Eviction["memory.available"],
            EvictionHardNodeStorage = settings.Eviction["nodefs.available"],
            EvictionHardNodeInodes = settings.Eviction["nodefs.inodesFree"],
        });

        Start("the node", builder, parts, stop);
        runtime.Start(parts, stop);
    }

    private static INodeNetwork StartNetwork(
        AgentSettings settings, NodeAccess access, BackgroundParts parts, TimeProvider time, ILoggerFactory loggers, CancellationToken stop)
    {
        var builder = CreateHost(access.Network, time, loggers);
        builder.Services.AddNodeNetwork(new()
        {
            Instance = settings.DataDirectory.Instance,
            NodeName = settings.NodeName,
            StateDirectory = Directory.CreateDirectory(Path.Combine(settings.DataDirectory.Agent, "network")).FullName,
            CniConfigurationDirectory = settings.DataDirectory.CniConfiguration,
            CniStateDirectory = settings.DataDirectory.CniState,
            ServiceCidr = settings.ServiceRange,
            ClusterCidr = settings.PodRange,
            PodNetworkMode = settings.PodNetwork,
            DnsAddress = settings.ServiceRange.At(DnsAddressOffset),
            ClusterDomain = settings.ClusterDomain,
        });
        return Start("the node's network", builder, parts, stop).GetRequiredService<INodeNetwork>();
    }

    private static HostApplicationBuilder CreateHost(ClientConfig server, TimeProvider time, ILoggerFactory loggers)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.Services.AddSingleton<IHostLifetime, SignalsElsewhere>();
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton<IClusterClient>(_ => new HttpClusterClient(server, time));
        builder.Services.AddSingleton<IInformerFactory>(provider =>
            new InformerFactory(provider.GetRequiredService<IClusterClient>(), time, new Random(), loggers));
        return builder;
    }

    private static IServiceProvider Start(string name, HostApplicationBuilder builder, BackgroundParts parts, CancellationToken stop)
    {
        var host = builder.Build();
        parts.Start(name, async token =>
        {
            using (host)
            {
                await host.RunAsync(token);
            }
        }, stop);
        return host.Services;
    }
}
