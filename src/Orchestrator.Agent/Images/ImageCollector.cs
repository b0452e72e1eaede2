using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Runtime;

namespace Orchestrator.Agent.Images;

/// <summary>Removes images that nothing uses when the disk fills up, those first that have been idle longest.</summary>
internal sealed partial class ImageCollector(IContainerRuntime runtime, NodeAgentOptions options, TimeProvider time, ILogger<ImageCollector> logger)
{
    // Somebody who has just pulled an image is about to use it.
    private static readonly TimeSpan AgeMin = TimeSpan.FromMinutes(2);
    private readonly Dictionary<string, DateTimeOffset> _lastUsed = [];

    private readonly SemaphoreSlim _busy = new(1);

    /// <summary>Looks once; whoever else asks meanwhile waits.</summary>
    public async Task CollectAsync(CancellationToken cancellationToken)
    {
        await _busy.WaitAsync(cancellationToken);
        try
        {
            await CollectHoldingAsync(cancellationToken);
        }
        finally
        {
            _busy.Release();
        }
    }

    private async Task CollectHoldingAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var images = await runtime.ListImagesAsync(cancellationToken);
        var containers = await runtime.ListContainersAsync(null, cancellationToken);
        var used = containers.SelectMany(c => new[] { c.ImageRef, c.Image?.Image ?? "" }).ToHashSet();
        foreach (var image in images)
        {
            if (image.Pinned || used.Contains(image.Id) || image.RepoTags.Concat(image.RepoDigests).Any(used.Contains) || !_lastUsed.ContainsKey(image.Id))
            {
                _lastUsed[image.Id] = now;
            }
        }

        foreach (var gone in _lastUsed.Keys.Except(images.Select(i => i.Id)).ToList())
        {
            _lastUsed.Remove(gone);
        }

        var store = await runtime.ImageFsInfoAsync(cancellationToken);
        var mount = store.ImageFilesystems.Count > 0 ? store.ImageFilesystems[0].FsId.Mountpoint : options.RootDirectory;
        if (!Directory.Exists(mount) || UsedPercent(mount) < options.ImageGcHighPercent)
        {
            return;
        }

        foreach (var image in images.Where(i => !i.Pinned && now - _lastUsed[i.Id] >= AgeMin).OrderBy(i => _lastUsed[i.Id]))
        {
            if (UsedPercent(mount) < options.ImageGcLowPercent)
            {
                return;
            }

            LogRemoving(image.RepoTags.Count > 0 ? image.RepoTags[0] : image.Id, image.Size);
            await runtime.RemoveImageAsync(new Cri.ImageSpec { Image = image.Id }, cancellationToken);
        }
    }

    private static double UsedPercent(string path)
    {
        var disk = new DriveInfo(path);
        return 100.0 * (disk.TotalSize - disk.AvailableFreeSpace) / disk.TotalSize;
    }

    [LoggerMessage(5811, LogLevel.Information, "The disk is full: removing the unused image {Image} of {Bytes} bytes")]
    private partial void LogRemoving(string image, ulong bytes);
}
