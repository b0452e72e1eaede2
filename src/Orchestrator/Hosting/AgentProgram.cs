using Microsoft.Extensions.Logging;
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
        using var taken = DataDirectoryLock.Take(settings.DataDirectory);
        using var loggers = Logs.CreateFactory(log);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopRequested);
        var time = TimeProvider.System;
        var parts = new BackgroundParts(loggers.CreateLogger<BackgroundParts>());

        var runtime = NodeRuntime.StartAsync(settings, time, loggers, stop.Token);
        var identity = new NodeIdentity(Path.Combine(settings.DataDirectory.Agent, "pki"));
        await new NodeJoin(server, settings.NodeName, identity, time, loggers.CreateLogger<NodeJoin>()).EnsureAsync(settings.Token, stop.Token);

        NodeProgram.Start(settings, server, identity, await runtime, parts, time, loggers, stop.Token);
        await parts.RunUntilStoppedAsync(stop);
    }
}
