using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.ApiServer;
using Orchestrator.Client;
using Orchestrator.Controllers;
using Orchestrator.Scheduler;
using Orchestrator.Settings;

namespace Orchestrator.Hosting;

/// <summary>The composition of what runs beside the API server: the controllers and the scheduler, each under the name upstream gives it.</summary>
internal static class ControlPlane
{
    public static void Start(ServerSettings settings, ApiServerHost server, BackgroundParts parts, TimeProvider time, ILoggerFactory loggers, CancellationToken stop)
    {
        if (settings.Controllers)
        {
            Start("the controllers", server.CreateClient("system:kube-controller-manager"), parts, time, loggers, stop, services => services.AddControllers(new ControllerOptions
            {
                // The embedded store admits one server only, so there is nobody to agree with, nor a dead leader's lease to wait for.
                LeaderElect = settings.Store == StoreKind.Etcd,
                RootCaPem = server.Pki.Authority.Pem,
                SignCertificate = request => server.Identity.Signer.Sign(request) is { } signed ? new SignedCertificate(signed.Pem, signed.Failure) : null,
                IssueSecretToken = server.Identity.IssueSecretToken,
                ControlPlaneNames = server.Pki.ServerNames.Concat(server.Pki.ServerAddresses.Select(static a => a.ToString())).ToHashSet(StringComparer.OrdinalIgnoreCase),
                ServiceCidr = settings.ServiceRange,
                ClusterCidr = settings.PodRange,
                ClusterDns = settings.ServiceRange.At(NodeProgram.DnsAddressOffset),
            }));
        }

        if (settings.Scheduler)
        {
            Start("the scheduler", server.CreateClient("system:kube-scheduler"), parts, time, loggers, stop, services => services.AddScheduler(new() { LeaderElect = settings.Store == StoreKind.Etcd }));
        }
    }

    private static void Start(
        string name, IClusterClient client, BackgroundParts parts, TimeProvider time, ILoggerFactory loggers, CancellationToken stop, Action<IServiceCollection> add)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.Services.AddSingleton<IHostLifetime, SignalsElsewhere>();
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(client);
        add(builder.Services);
        var host = builder.Build();
        parts.Start(name, async token =>
        {
            using (host)
            {
                await host.RunAsync(token);
            }
        }, stop);
    }
}
