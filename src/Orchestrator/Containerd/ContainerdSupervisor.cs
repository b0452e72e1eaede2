using Microsoft.Extensions.Logging;

namespace Orchestrator.Containerd;

/// <summary>Keeps the node's own containerd running: adopts a live one, starts one where there is none, restarts one that died.</summary>
/// <remarks>Never stops it: pods keep running without this program, and their exits are recorded by containerd meanwhile.</remarks>
internal sealed partial class ContainerdSupervisor(ContainerdOptions options, TimeProvider time, ILogger<ContainerdSupervisor> logger)
{
    private static readonly TimeSpan RestartDelayMax = TimeSpan.FromSeconds(30);

    private readonly ContainerdProcess _process = new(options, time);

    /// <summary>Returns when the socket answers.</summary>
    /// <exception cref="Settings.SettingException">It cannot be started.</exception>
    public async Task EnsureRunningAsync(CancellationToken cancellationToken)
    {
        if (_process.FindRunning() is { } pid && ContainerdProcess.IsAnswering(options.Socket))
        {
            LogAdopted(pid);
            return;
        }

        LogStarted(await _process.StartAsync(cancellationToken), options.Socket);
    }

    /// <summary>Watches the process until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.CheckInterval, time);
        var failures = 0;
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (_process.FindRunning() is not null)
            {
                continue;
            }

            LogDied();
            try
            {
                await EnsureRunningAsync(cancellationToken);
                failures = 0;
            }
            catch (Settings.SettingException e)
            {
                var delay = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, failures++), RestartDelayMax.TotalSeconds));
                LogRestartFailed(e.Message, delay);
                await Task.Delay(delay, time, cancellationToken);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Adopted the running containerd {Pid}")]
    private partial void LogAdopted(int pid);

    [LoggerMessage(2, LogLevel.Information, "Started containerd {Pid} on {Socket}")]
    private partial void LogStarted(int pid, string socket);

    [LoggerMessage(3, LogLevel.Warning, "containerd is gone; starting it again")]
    private partial void LogDied();

    [LoggerMessage(4, LogLevel.Error, "containerd did not start: {Reason}; next attempt in {Delay}")]
    private partial void LogRestartFailed(string reason, TimeSpan delay);
}
