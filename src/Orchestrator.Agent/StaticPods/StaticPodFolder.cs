using System.Threading.Channels;

namespace Orchestrator.Agent.StaticPods;

/// <summary>Follows the folder of static pods: at once where the kernel tells of changes, every few seconds where it does not.</summary>
internal sealed class StaticPodFolder(StaticPodReader reader, NodeAgentOptions options, TimeProvider time)
{
    // Upstream's fileCheckFrequency.
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(20);

    // An editor writes a file in several steps.
    private static readonly TimeSpan SettleDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Reads the folder now and after each change, and hands on the pods that it holds.</summary>
    public async Task RunAsync(Action<IReadOnlyList<Pod>> onPods, CancellationToken cancellationToken)
    {
        if (options.StaticPodsDirectory is not { } folder)
        {
            return;
        }

        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var watcher = Watch(folder, () => changes.Writer.TryWrite(true));
        while (true)
        {
            onPods(reader.Read(folder));
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var change = changes.Reader.WaitToReadAsync(either.Token).AsTask();
            if (await Task.WhenAny(change, Task.Delay(CheckInterval, time, either.Token)) == change)
            {
                await Task.Delay(SettleDelay, time, cancellationToken);
                changes.Reader.TryRead(out _);
            }

            await either.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static FileSystemWatcher Watch(string folder, Action onChange)
    {
        Directory.CreateDirectory(folder);
        var watcher = new FileSystemWatcher(folder) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size };
        watcher.Created += (_, _) => onChange();
        watcher.Changed += (_, _) => onChange();
        watcher.Deleted += (_, _) => onChange();
        watcher.Renamed += (_, _) => onChange();
        watcher.Error += (_, _) => onChange();
        watcher.EnableRaisingEvents = true;
        return watcher;
    }
}
