using Microsoft.Extensions.Logging;
using Orchestrator.Containerd;
using Orchestrator.Images;
using Orchestrator.Settings;

namespace Orchestrator.Hosting;

/// <summary>The container runtime that a node uses: its own containerd, or one that somebody else runs.</summary>
internal sealed class NodeRuntime
{
    private readonly ContainerdSupervisor? _supervisor;

    private NodeRuntime(string socket, ContainerdSupervisor? supervisor) => (Socket, _supervisor) = (socket, supervisor);

    public string Socket { get; }

    /// <summary>Returns when the runtime answers and has the pods' sandbox image.</summary>
    /// <exception cref="SettingException">There is none, and none can be started.</exception>
    public static async Task<NodeRuntime> StartAsync(AgentSettings settings, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        if (settings.ContainerdSocket is { } given)
        {
            return ContainerdProcess.IsAnswering(given)
                ? new(given, null)
                : throw new SettingException($"no containerd answers on {given}; start it, or leave --containerd out to have one started");
        }

        var options = ContainerdOptions.In(settings.DataDirectory);
        var supervisor = new ContainerdSupervisor(options, time, loggers.CreateLogger<ContainerdSupervisor>());
        await supervisor.EnsureRunningAsync(cancellationToken);
        var importer = new ImageImporter(options.Socket);
        if (!await importer.HasAsync(LocalImages.PauseName, cancellationToken))
        {
            await importer.ImportAsync([LocalImages.Pause()], cancellationToken);
        }

        return new(options.Socket, supervisor);
    }

    /// <summary>Looks after the runtime, if it is ours.</summary>
    public void Start(BackgroundParts parts, CancellationToken stop)
    {
        if (_supervisor is not null)
        {
            parts.Start("the supervisor of containerd", _supervisor.RunAsync, stop);
        }
    }
}
