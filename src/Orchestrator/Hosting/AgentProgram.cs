using Microsoft.Extensions.Logging;
using Orchestrator.Client;
using Orchestrator.Joining;
using Orchestrator.Settings;

namespace Orchestrator.Hosting;

/// <summary>The composition of <c>orchestrator agent</c>: a node of a server elsewhere.</summary>
internal static class AgentProgram
{
    /// <summary>Runs until asked to stop. Pods run on.</summary>
    /// <exception cref="SettingException">It cannot start or join; the message says what to change.</exception>
    public static async Task RunAsync(AgentSettings settings, LogSettings log, CancellationToken stopRequested)
    {
        var server = settings.Server ?? throw new SettingException("--server is needed: the URL of the API server, such as https://10.0.0.1:6443");
        JoinToken? token = null;
        if (settings.Token is not null && !JoinToken.TryParse(settings.Token, out token))
        {
            throw new SettingException("--token is no join token; `orchestrator token create` prints one");
        }

        using var taken = DataDirectoryLock.Take(settings.DataDirectory);
        using var loggers = Logs.CreateFactory(log);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopRequested);
        var time = TimeProvider.System;
        var parts = new BackgroundParts(loggers.CreateLogger<BackgroundParts>());

        // Joining waits for the server, starting containerd for the disk: side by side.
        var runtime = NodeRuntime.StartAsync(settings, time, loggers, stop.Token);
        var credentials = new NodeCredentials(
            new()
            {
                Server = server,
                Token = token,
                NodeName = settings.NodeName,
                Addresses = [NodeProgram.AddressOf(settings)],
                Directory = Path.Combine(settings.DataDirectory.Agent, "pki"),
            },
            time, new Random(), loggers.CreateLogger<NodeCredentials>());
        try
        {
            await credentials.EnsureAsync(stop.Token);
        }
        catch (Exception e) when (e is NodeJoinException or TimeoutException)
        {
            throw new SettingException($"cannot join {server}: {e.Message}");
        }

        parts.Start("the renewal of the node's certificates", credentials.RunAsync, stop.Token);
        var access = new NodeAccess(
            KubeconfigFile.Load(credentials.KubeconfigPath), KubeconfigFile.Load(credentials.NetworkKubeconfigPath), credentials.AuthorityPath, credentials.ServingCertificatePath, credentials.ServingKeyPath);
        NodeProgram.Start(settings, access, await runtime, parts, time, loggers, stop.Token);
        parts.Start("the return of memory", token => IdleMemory.RunAsync(time, loggers.CreateLogger("Orchestrator.Agent"), token), stop.Token);
        await parts.RunUntilStoppedAsync(stop);
    }
}
