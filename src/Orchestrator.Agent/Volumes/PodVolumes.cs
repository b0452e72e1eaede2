using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Images;
using Orchestrator.Agent.Linux;
using Orchestrator.Agent.Pods;
using Orchestrator.Api;

namespace Orchestrator.Agent.Volumes;

/// <summary>Makes the volumes of pods ready and takes them away. Doing it again brings contents up to date.</summary>
internal sealed partial class PodVolumes(
    PodPaths paths, FileSources files, TokenCache tokens, INodeApi api, ImageManager images, IImageMounts imageMounts, NodeFacts node, TimeProvider time,
    ILogger<PodVolumes> logger)
{
    private const string ImagePlugin = "kubernetes.io~image";
    private const UnixFileMode EverybodyMode = (UnixFileMode)0b111_111_111;

    /// <summary>Makes all volumes of a pod ready.</summary>
    /// <returns>The volumes by name; a failure by volume name, if one is not to be had.</returns>
    public async Task<(IReadOnlyDictionary<string, MountedVolume> Mounted, IReadOnlyList<(string Volume, string Message)> Failures)> SetUpAsync(
        Pod pod, CancellationToken cancellationToken)
    {
        var mounted = new Dictionary<string, MountedVolume>();
        var failures = new List<(string, string)>();
        foreach (var volume in pod.Spec.Volumes)
        {
            try
            {
                mounted[volume.Name] = await SetUpAsync(pod, volume, cancellationToken);
            }
            catch (VolumeException e)
            {
                failures.Add((volume.Name, $"MountVolume.SetUp failed for volume \"{volume.Name}\" : {e.Message}"));
            }
            catch (IOException e)
            {
                failures.Add((volume.Name, $"MountVolume.SetUp failed for volume \"{volume.Name}\" : {e.Message}"));
            }
        }

        return (mounted, failures);
    }

    /// <summary>Takes away everything that was made for a pod's volumes. Data on emptyDirs is lost, as it must be.</summary>
    public async Task TearDownAsync(string uid, CancellationToken cancellationToken)
    {
        tokens.Forget(uid);
        var folder = paths.PodFolder(uid);
        foreach (var point in MountTable.Below(folder))
        {
            Native.Unmount(point);
        }

        if (MountTable.Below(folder) is { Count: > 0 } left)
        {
            throw new IOException($"still mounted, so nothing is removed: {string.Join(", ", left)}");
        }

        var images = Path.Combine(paths.VolumesFolder(uid), ImagePlugin);
        foreach (var image in Directory.Exists(images) ? Directory.EnumerateDirectories(images) : [])
        {
            await imageMounts.ReleaseAsync(ImageKey(uid, Path.GetFileName(image)), cancellationToken);
        }

        foreach (var part in new[] { paths.VolumesFolder(uid), paths.SubPathsFolder(uid) })
        {
            if (Directory.Exists(part))
            {
                Directory.Delete(part, recursive: true);
            }
        }

        LogTornDown(uid);
    }

    /// <summary>The emptyDir that has outgrown its limit, as the text of the eviction; null if none has.</summary>
    public string? FindOvergrown(Pod pod)
    {
        foreach (var volume in pod.Spec.Volumes.Where(v => v.EmptyDir is { SizeLimit: not null }))
        {
            var folder = paths.VolumeFolder(pod.Metadata.Uid, "kubernetes.io~empty-dir", volume.Name);
            if (volume.EmptyDir!.SizeLimit is { IsZero: false } limit && DiskUsage.Of(folder) > limit.Value)
            {
                return $"Usage of EmptyDir volume \"{volume.Name}\" exceeds the limit \"{limit}\". ";
            }
        }

        return null;
    }

    private async Task<MountedVolume> SetUpAsync(Pod pod, Volume volume, CancellationToken cancellationToken)
    {
        var uid = pod.Metadata.Uid;
        switch (volume)
        {
            case { EmptyDir: { } emptyDir }:
                return new(SetUpEmptyDir(pod, volume.Name, emptyDir));
            case { HostPath: { } hostPath }:
                HostPaths.Check(hostPath);
                return new(hostPath.Path);
            case { ConfigMap: { } configMap }:
                return Write(
                    pod, "kubernetes.io~configmap", volume.Name, inMemory: false,
                    await files.ConfigMapAsync(pod, configMap.Name, configMap.Items, configMap.DefaultMode, configMap.Optional == true, cancellationToken));
            case { Secret: { } secret }:
                return Write(
                    pod, "kubernetes.io~secret", volume.Name, inMemory: true,
                    await files.SecretAsync(pod, secret.SecretName, secret.Items, secret.DefaultMode, secret.Optional == true, cancellationToken));
            case { DownwardAPI: { } downward }:
                return Write(pod, "kubernetes.io~downward-api", volume.Name, inMemory: true, files.DownwardApi(pod, downward.Items, downward.DefaultMode));
            case { Projected: { } projected }:
                return Write(pod, "kubernetes.io~projected", volume.Name, inMemory: true, await files.ProjectedAsync(pod, projected, cancellationToken));
            case { PersistentVolumeClaim: { } claim }:
                return await SetUpClaimAsync(pod, claim.ClaimName, claim.ReadOnly, cancellationToken);
            case { Ephemeral: not null }:
                return await SetUpClaimAsync(pod, $"{pod.Metadata.Name}-{volume.Name}", readOnly: false, cancellationToken);
            case { Image: { } image }:
                return await SetUpImageAsync(pod, volume.Name, image, cancellationToken);
            case { Csi: { } csi }:
                throw new VolumeException($"kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name {csi.Driver} not found in the list of registered CSI drivers");
            case { GitRepo: not null }:
                throw new VolumeException("git-repo volume plugin has been disabled; if necessary, it may be re-enabled by enabling the feature-gate `GitRepoVolumeDriver`");
            default:
                throw new VolumeException($"no volume plugin matched (pod {uid})");
        }
    }

    private async Task<MountedVolume> SetUpImageAsync(Pod pod, string name, ImageVolumeSource source, CancellationToken cancellationToken)
    {
        var folder = paths.VolumeFolder(pod.Metadata.Uid, ImagePlugin, name);
        if (MountTable.Contains(folder))
        {
            return new(folder, ReadOnly: true);
        }

        try
        {
            var image = await images.EnsureAsync(pod, null, source.Reference, source.PullPolicy, cancellationToken);

            // The folder is what tells, after a crash too, that there may be something to release.
            Directory.CreateDirectory(folder);
            await imageMounts.MountAsync(ImageKey(pod.Metadata.Uid, name), image.Id, folder, cancellationToken);
        }
        catch (ImageException e)
        {
            return new("", ReadOnly: true, e);
        }

        return new(folder, ReadOnly: true);
    }

    private static string ImageKey(string uid, string volume) => $"orchestrator-volume-{uid}-{volume}";

    private string SetUpEmptyDir(Pod pod, string name, EmptyDirVolumeSource source)
    {
        var folder = paths.VolumeFolder(pod.Metadata.Uid, "kubernetes.io~empty-dir", name);
        var isNew = !Directory.Exists(folder);
        Directory.CreateDirectory(folder);
        if (source.Medium == "Memory")
        {
            if (MountTable.Contains(folder))
            {
                return folder;
            }

            // Without a limit of its own it may grow to what the pod may use, else to half of the machine, as any tmpfs.
            var size = source.SizeLimit is { IsZero: false } limit ? limit.Value
                : PodResources.Limits(pod) is { AllHaveMemory: true, Memory: > 0 } whole ? whole.Memory
                : node.Allocatable["memory"].Value;
            Native.Mount("tmpfs", folder, "tmpfs", 0, $"size={size}");
        }
        else if (HugePages.IsMedium(source.Medium))
        {
            if (MountTable.Contains(folder))
            {
                return folder;
            }

            Native.Mount("nodev", folder, "hugetlbfs", 0, $"pagesize={HugePages.PageSize(pod, source.Medium)}");
        }
        else if (!isNew)
        {
            return folder;
        }
        else
        {
            File.SetUnixFileMode(folder, EverybodyMode);
        }

        VolumeOwnership.Apply(folder, pod.Spec.SecurityContext?.FsGroup, readOnly: false);
        return folder;
    }

    private MountedVolume Write(Pod pod, string plugin, string name, bool inMemory, Dictionary<string, ProjectedFile> content)
    {
        var folder = paths.VolumeFolder(pod.Metadata.Uid, plugin, name);
        Directory.CreateDirectory(folder);
        if (inMemory)
        {
            // Secrets must not reach a disk.
            if (!MountTable.Contains(folder))
            {
                Native.Mount("tmpfs", folder, "tmpfs", 0, $"size={node.Allocatable["memory"].Value}");
            }
        }
        else
        {
            File.SetUnixFileMode(folder, EverybodyMode);
        }

        var group = pod.Spec.SecurityContext?.FsGroup;
        AtomicWriter.Write(folder, content, time.GetUtcNow(), newFolder => VolumeOwnership.Apply(newFolder, group, readOnly: true));
        if (group is not null)
        {
            VolumeOwnership.Apply(folder, group, readOnly: true);
        }

        return new(folder, ReadOnly: true);
    }

    private async Task<MountedVolume> SetUpClaimAsync(Pod pod, string claimName, bool readOnly, CancellationToken cancellationToken)
    {
        var claim = await api.GetClaimAsync(pod.Metadata.Namespace, claimName, cancellationToken)
            ?? throw new VolumeException($"persistentvolumeclaim \"{claimName}\" not found");
        if (claim.Spec.VolumeName.Length == 0 || claim.Status.Phase != "Bound")
        {
            throw new VolumeException($"PVC {pod.Metadata.Namespace}/{claimName} is not bound");
        }

        var volume = await api.GetVolumeAsync(claim.Spec.VolumeName, cancellationToken)
            ?? throw new VolumeException($"persistentvolume \"{claim.Spec.VolumeName}\" not found");
        if (volume.Spec.ClaimRef?.Uid is { Length: > 0 } bound && bound != claim.Metadata.Uid)
        {
            throw new VolumeException($"PV {volume.Metadata.Name} is bound to another claim than {pod.Metadata.Namespace}/{claimName}");
        }

        switch (volume.Spec)
        {
            case { HostPath: { } hostPath }:
                HostPaths.Check(hostPath);
                ApplyGroup(pod, hostPath.Path, readOnly, isLocal: false);
                return new(hostPath.Path, readOnly);
            case { Local: { } local }:
                if (!Directory.Exists(local.Path))
                {
                    throw new VolumeException($"path \"{local.Path}\" does not exist");
                }

                ApplyGroup(pod, local.Path, readOnly, isLocal: true);
                return new(local.Path, readOnly);
            default:
                throw new VolumeException($"the volume {volume.Metadata.Name} has a source that this node has no driver for");
        }
    }

    private static void ApplyGroup(Pod pod, string path, bool readOnly, bool isLocal)
    {
        // A hostPath belongs to the node; only what is meant for pods is given to them.
        if (isLocal && !readOnly)
        {
            VolumeOwnership.Apply(path, pod.Spec.SecurityContext?.FsGroup, readOnly: false);
        }
    }

    [LoggerMessage(5401, LogLevel.Debug, "Took down the volumes of pod {Uid}")]
    private partial void LogTornDown(string uid);
}
