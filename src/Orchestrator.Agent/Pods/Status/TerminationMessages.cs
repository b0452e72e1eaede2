using System.Collections.Concurrent;
using System.Text;
using Orchestrator.Agent.Logs;

namespace Orchestrator.Agent.Pods.Status;

/// <summary>What ended containers have left as their last words; read once per container.</summary>
internal sealed class TerminationMessages(PodPaths paths)
{
    private const int FileBytesMax = 4096;
    private const int LogBytesMax = 2048;
    private const int LogLinesMax = 80;

    private readonly ConcurrentDictionary<string, string> _messages = new();

    /// <summary>The messages of a pod's ended containers, by container id.</summary>
    public async Task<IReadOnlyDictionary<string, string>> OfAsync(Pod pod, RuntimePod runtime, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, string>();
        foreach (var container in runtime.Containers.Where(c => c.IsExited))
        {
            if (!_messages.TryGetValue(container.Id, out var message))
            {
                message = _messages[container.Id] = await ReadAsync(pod, container, cancellationToken);
            }

            found[container.Id] = message;
        }

        return found;
    }

    /// <summary>Forgets a container.</summary>
    public void Forget(string containerId) => _messages.TryRemove(containerId, out _);

    private async Task<string> ReadAsync(Pod pod, RuntimeContainer container, CancellationToken cancellationToken)
    {
        var file = container.TerminationMessagePath.Length > 0
            ? container.Mounts.FirstOrDefault(m => m.ContainerPath == container.TerminationMessagePath)?.HostPath
            : null;
        var text = file is null ? "" : ReadFile(file);
        if (text.Length > 0 || container.TerminationMessagePolicy != "FallbackToLogsOnError" || container.ExitCode == 0)
        {
            return text;
        }

        var log = container.LogPath.Length > 0
            ? container.LogPath
            : Path.Combine(paths.LogFolder(pod.Metadata.Namespace, pod.Metadata.Name, pod.Metadata.Uid), PodPaths.LogFile(container.Name, container.RestartCount));
        return await LogReader.ReadTailAsync(log, LogLinesMax, LogBytesMax, cancellationToken);
    }

    private static string ReadFile(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var buffer = new byte[FileBytesMax];
            var length = file.ReadAtLeast(buffer, FileBytesMax, throwOnEndOfStream: false);
            return Encoding.UTF8.GetString(buffer, 0, length);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // The pod's folder has been removed, or the container's file was never made.
            return "";
        }
    }
}
