using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Orchestrator.ApiServer;
using Orchestrator.ApiServer.Identity.Certificates;
using Orchestrator.ApiServer.ServerLeases;
using Orchestrator.Joining;
using Orchestrator.Settings;
using Orchestrator.Storage;

namespace Orchestrator.Hosting;

/// <summary>The composition of a server: API, controllers, scheduler, and, for <c>orchestrator up</c>, the node beside them.</summary>
internal static partial class ServerProgram
{
    /// <summary>Runs until asked to stop. Pods run on.</summary>
    /// <param name="settings">The server's.</param>
    /// <param name="node">The node's that runs in the same process; null for none.</param>
    /// <param name="log">Where to log.</param>
    /// <param name="stopRequested">Asks for the end.</param>
    /// <exception cref="SettingException">It cannot start; the message says what to change.</exception>
    public static async Task RunAsync(ServerSettings settings, AgentSettings? node, LogSettings log, CancellationToken stopRequested)
    {
        using var taken = DataDirectoryLock.Take(settings.DataDirectory);
        using var loggers = Logs.CreateFactory(log);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopRequested);
        var logger = loggers.CreateLogger("Orchestrator.Server");
        var time = TimeProvider.System;
        var parts = new BackgroundParts(loggers.CreateLogger<BackgroundParts>());

        // 1. containerd needs about as long to start as the server, so they start side by side.
        var runtime = node is null ? null : NodeRuntime.StartAsync(node, time, loggers, stop.Token);

        // 2. The server. What is below it speaks to it as every client does.
        await using var server = await StartAsync(settings, time, loggers, stop.Token);
        AdminKubeconfig.Write(server.Pki, settings.DataDirectory.AdminKubeconfig, server.Url.ToString().TrimEnd('/'));
        LogServing(logger, server.Url, time.GetUtcNow() - Process.GetCurrentProcess().StartTime.ToUniversalTime());
        parts.Start("the store", async token => await server.Completion.WaitAsync(token), stop.Token);

        var lease = new ServerLease(server.CreateClient("system:apiserver"), Dns.GetHostName(), Guid.NewGuid(), time, loggers.CreateLogger<ServerLease>());
        parts.Start("the server's lease", lease.RunAsync, stop.Token);
        if (settings.WarmUp)
        {
            parts.StartOnce("the warm-up", token => WarmUp.RunAsync(server, lease, time, logger, token), stop.Token);
        }

        ControlPlane.Start(settings, server, parts, time, loggers, stop.Token);

        // 3. The node, known to the server by a certificate of its own as if it had joined.
        if (node is not null)
        {
            var local = new LocalNode(server.Pki, server.Url, node, NodeProgram.AddressOf(node), time, loggers.CreateLogger<LocalNode>());
            var access = local.Issue();
            parts.Start("the renewal of the node's certificates", local.RunAsync, stop.Token);
            NodeProgram.Start(node, access, await runtime!, parts, time, loggers, stop.Token);
        }

        parts.Start("the return of memory", token => IdleMemory.RunAsync(time, logger, token), stop.Token);
        await parts.RunUntilStoppedAsync(stop);
    }

    private static async Task<ApiServerHost> StartAsync(ServerSettings settings, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        try
        {
            return await ApiServerHost.StartAsync(
                new ApiServerOptions
                {
                    DataDirectory = settings.DataDirectory.Server,
                    Bind = settings.Bind,
                    HttpsPort = settings.HttpsPort,
                    AdvertiseAddress = settings.AdvertiseAddress ?? HostAddress.OfDefaultRoute(),
                    TlsNames = settings.TlsNames,
                    ServiceRange = settings.ServiceRange,
                    ClusterDomain = settings.ClusterDomain,
                    StaticTokenFile = settings.TokenFile,
                    ClientAuthorityFile = settings.ClientAuthorityFile,
                    EtcdEndpoints = settings.EtcdEndpoints,
                    History = settings.History,
                    PriorityAndFairness = settings.PriorityAndFairness,
                    RequestsInflightMax = settings.RequestsInflightMax,
                    MutatingRequestsInflightMax = settings.MutatingRequestsInflightMax,
                    RequestTimeout = settings.RequestTimeout,
                    Oidc = settings.Authentication.Issuers,
                    Anonymous = settings.Authentication.Anonymous,
                    AuthenticationConfigFile = settings.Authentication.File,
                    RequestHeaders = settings.RequestHeaders,
                    TokenWebhook = settings.TokenWebhook,
                    Authorization = settings.Authorization,
                    Admission = settings.Admission,
                    EncryptionConfigFile = settings.EncryptionConfigFile,
                    Audit = settings.Audit,
                    EventTimeToLive = settings.EventTimeToLive,
                    // Part of a whole cluster; a bare API server has the groups of the API and no more.
                    ResourceMetrics = settings.Controllers,
                    Flags = settings.Effective,
                    LocalComponents = new (string Name, bool Runs)[] { ("controller-manager", settings.Controllers), ("scheduler", settings.Scheduler) }
                        .Where(static c => c.Runs).Select(static c => c.Name).ToHashSet(),
                },
                time,
                loggers,
                cancellationToken);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new SettingException($"port {settings.HttpsPort} is in use; stop what listens there, or name another with --https-port");
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AccessDenied)
        {
            throw new SettingException($"cannot listen on {settings.Bind} port {settings.HttpsPort}: {e.Message}; see --bind and --https-port");
        }
        catch (StoreException e)
        {
            throw new SettingException($"cannot open the store: {e.Message}");
        }
        catch (FormatException e)
        {
            // Files that settings name: the message tells which file and what is wrong with it.
            throw new SettingException(e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Serving the API at {Url}, {Elapsed} after the start of the program")]
    private static partial void LogServing(ILogger logger, Uri url, TimeSpan elapsed);
}
