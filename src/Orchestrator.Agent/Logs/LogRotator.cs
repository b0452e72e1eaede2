using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Runtime;

namespace Orchestrator.Agent.Logs;

/// <summary>Keeps the log of a running container under its size: renames it, has the runtime open a new one, drops the oldest.</summary>
/// <remarks>Rotated files are named <c>0.log.20260102-030405</c>; all but the newest of them are compressed to <c>.gz</c>.</remarks>
internal sealed partial class LogRotator(IContainerRuntime runtime, PodPaths paths, NodeAgentOptions options, TimeProvider time, ILogger<LogRotator> logger)
{
    /// <summary>Looks at the logs of all running containers.</summary>
    public async Task RotateAllAsync(CancellationToken cancellationToken)
    {
        var running = await runtime.ListContainersAsync(
            new Cri.ContainerFilter { State = new() { State = Cri.ContainerState.ContainerRunning } }, cancellationToken);
        foreach (var container in running.Where(c => c.Labels.ContainsKey(ContainerLabels.PodUid)))
        {
            var labels = container.Labels;
            var folder = paths.LogFolder(labels[ContainerLabels.PodNamespace], labels[ContainerLabels.PodName], labels[ContainerLabels.PodUid]);
            await RotateAsync(container.Id, Path.Combine(folder, PodPaths.LogFile(container.Metadata.Name, (int)container.Metadata.Attempt)), cancellationToken);
        }
    }

    /// <summary>Rotates the log of a container if it is too large.</summary>
    public async Task RotateAsync(string containerId, string logPath, CancellationToken cancellationToken)
    {
        var log = new FileInfo(logPath);
        if (!log.Exists || log.Length < options.ContainerLogMaxSize)
        {
            return;
        }

        var rotated = $"{logPath}.{time.GetUtcNow():yyyyMMdd-HHmmss}";
        await CleanUpAsync(logPath, cancellationToken);
        File.Move(logPath, rotated, overwrite: false);
        try
        {
            await runtime.ReopenContainerLogAsync(containerId, cancellationToken);
        }
        catch (RpcException e)
        {
            // The runtime still writes into the renamed file: give it back its name, or the lines would be lost to readers.
            File.Move(rotated, logPath, overwrite: true);
            LogReopenFailed(containerId, e.Status.Detail);
        }
    }

    private async Task CleanUpAsync(string logPath, CancellationToken cancellationToken)
    {
        var rotated = Directory.GetFiles(Path.GetDirectoryName(logPath)!, Path.GetFileName(logPath) + ".*").Order(StringComparer.Ordinal).ToList();
        foreach (var unfinished in rotated.Where(f => f.EndsWith(".tmp", StringComparison.Ordinal)).ToList())
        {
            File.Delete(unfinished);
            rotated.Remove(unfinished);
        }

        // With the live file and the one that is about to be rotated, the limit holds again.
        while (rotated.Count > Math.Max(options.ContainerLogMaxFiles - 2, 0))
        {
            File.Delete(rotated[0]);
            rotated.RemoveAt(0);
        }

        foreach (var file in rotated.Where(f => !f.EndsWith(".gz", StringComparison.Ordinal)))
        {
            await using (var source = File.OpenRead(file))
            await using (var target = File.Create(file + ".tmp"))
            await using (var gzip = new System.IO.Compression.GZipStream(target, System.IO.Compression.CompressionLevel.Fastest))
            {
                await source.CopyToAsync(gzip, cancellationToken);
            }

            File.Move(file + ".tmp", file + ".gz", overwrite: true);
            File.Delete(file);
        }
    }

    [LoggerMessage(5101, LogLevel.Warning, "Cannot have the runtime reopen the log of {ContainerId}: {Reason}")]
    private partial void LogReopenFailed(string containerId, string reason);
}
