using System.Globalization;
using System.Text.Json;
using Google.Protobuf.Collections;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Win32.SafeHandles;
using Orchestrator.Agent.Linux;
using Orchestrator.Agent.Volumes;
using Orchestrator.Grpc;
using Orchestrator.Protos.Containerd.Snapshots;
using Orchestrator.Protos.Containerd.Types;

namespace Orchestrator.Agent.Runtime;

/// <summary>Images as file systems by containerd's snapshots.</summary>
/// <remarks>
/// CRI has mounts of images since containerd 2.1; snapshots are as old as containerd. A view of the image's topmost layer is what a
/// container of it would stand on, without a layer to write to; while it is there, no layer below it is collected.
/// </remarks>
internal sealed class ContainerdImageMounts(string endpoint, TimeProvider time) : IImageMounts, IDisposable
{
    private const string SnapshotterPlugin = "io.containerd.snapshotter.v1.";

    // What keeps containerd's own collector away.
    private const string RootLabel = "containerd.io/gc.root";

    // The kernel copies one page of a mount's options.
    private const int DataLengthMax = 4095;
    private static readonly TimeSpan CallTimeout = TimeSpan.FromMinutes(2);
    private static readonly Metadata Headers = new() { { "containerd-namespace", "k8s.io" } };
    private readonly GrpcChannel _channel = GrpcChannels.Create(endpoint);

    public async Task MountAsync(string key, string image, string folder, CancellationToken cancellationToken)
    {
        try
        {
            var images = new Cri.ImageService.ImageServiceClient(_channel);
            var chain = await ChainAsync(images, image, cancellationToken);
            var snapshotter = await SnapshotterAsync(images, cancellationToken);
            foreach (var mount in await ViewAsync(snapshotter, key, chain, cancellationToken))
            {
                Mount(mount, folder);
            }
        }
        catch (RpcException e) when (e.StatusCode != StatusCode.Cancelled)
        {
            throw new VolumeException($"failed to mount image {image}: {e.Status.Detail}");
        }
    }

    public async Task ReleaseAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            var snapshotter = await SnapshotterAsync(new(_channel), cancellationToken);
            await new Snapshots.SnapshotsClient(_channel).RemoveAsync(new() { Snapshotter = snapshotter, Key = key }, Options(cancellationToken));
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            // It never came to a view, or it has gone already.
        }
        catch (RpcException e) when (e.StatusCode != StatusCode.Cancelled)
        {
            throw new IOException($"remove snapshot {key}: {e.Status.Detail}", e);
        }
    }

    public void Dispose() => _channel.Dispose();

    /// <summary>The name of an image's topmost layer.</summary>
    private async Task<string> ChainAsync(Cri.ImageService.ImageServiceClient images, string image, CancellationToken cancellationToken)
    {
        var status = await images.ImageStatusAsync(new() { Image = new() { Image = image }, Verbose = true }, Options(cancellationToken));
        if (status.Image is null || !status.Info.TryGetValue("info", out var info))
        {
            throw new VolumeException($"image {image} is not present");
        }

        using var document = JsonDocument.Parse(info);
        return document.RootElement.GetProperty("chainID").GetString()!;
    }

    /// <summary>The snapshotter that CRI unpacks images with, from the folder that it says they are in.</summary>
    private async Task<string> SnapshotterAsync(Cri.ImageService.ImageServiceClient images, CancellationToken cancellationToken)
    {
        var store = await images.ImageFsInfoAsync(new(), Options(cancellationToken));
        var folder = store.ImageFilesystems.Count > 0 ? Path.GetFileName(store.ImageFilesystems[0].FsId.Mountpoint) : "";
        return folder.StartsWith(SnapshotterPlugin, StringComparison.Ordinal) ? folder[SnapshotterPlugin.Length..] : "overlayfs";
    }

    private async Task<RepeatedField<Mount>> ViewAsync(string snapshotter, string key, string parent, CancellationToken cancellationToken)
    {
        var snapshots = new Snapshots.SnapshotsClient(_channel);
        try
        {
            var request = new ViewSnapshotRequest { Snapshotter = snapshotter, Key = key, Parent = parent };
            request.Labels[RootLabel] = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            return (await snapshots.ViewAsync(request, Options(cancellationToken))).Mounts;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.AlreadyExists)
        {
            return (await snapshots.MountsAsync(new() { Snapshotter = snapshotter, Key = key }, Options(cancellationToken))).Mounts;
        }
    }

    /// <summary>Mounts what containerd describes: an overlay of layers, or the only layer, bound.</summary>
    internal static void Mount(Mount mount, string folder)
    {
        if (mount.Type == "bind")
        {
            // The kernel takes no other flag together with a new bind.
            Native.Mount(mount.Source, folder, null, Native.MountBind, null);
            Native.Mount(mount.Source, folder, null, Native.MountBind | Native.MountRemount | Native.MountReadOnly, null);
            return;
        }

        var options = mount.Options.Where(o => o is not ("ro" or "rw")).ToList();
        var data = string.Join(',', options);
        if (data.Length <= DataLengthMax)
        {
            Native.Mount(mount.Source, folder, mount.Type, Native.MountReadOnly, data);
            return;
        }

        // Many layers: by handles, whose names are short.
        const string lower = "lowerdir=";
        var at = options.FindIndex(o => o.StartsWith(lower, StringComparison.Ordinal));
        var handles = new List<SafeFileHandle>();
        try
        {
            handles.AddRange(options[at][lower.Length..].Split(':').Select(Native.OpenPath));
            options[at] = lower + string.Join(':', handles.Select(h => $"/proc/self/fd/{h.DangerousGetHandle()}"));
            Native.Mount(mount.Source, folder, mount.Type, Native.MountReadOnly, string.Join(',', options));
        }
        finally
        {
            handles.ForEach(h => h.Dispose());
        }
    }

    private CallOptions Options(CancellationToken cancellationToken) =>
        new(Headers, (time.GetUtcNow() + CallTimeout).UtcDateTime, cancellationToken);
}
