using Microsoft.Win32.SafeHandles;
using Orchestrator.Agent.Linux;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Pods.Containers;

namespace Orchestrator.Agent.Volumes;

/// <summary>Parts of volumes, for containers that mount a part only.</summary>
/// <remarks>
/// The container may write to its volume, so its path may become a link out of it at any moment. The part is therefore opened,
/// checked through the open handle, and bound from that handle: what is mounted is what was checked.
/// </remarks>
internal sealed class SubPaths(PodPaths paths)
{
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_000 | UnixFileMode.OtherExecute | UnixFileMode.OtherRead;

    /// <summary>A safe host path for a part of a volume; makes it a folder if it is not there.</summary>
    /// <exception cref="ContainerConfigException">The part leads out of the volume.</exception>
    public string Prepare(string uid, string volumePath, string volumeName, string containerName, int index, string subPath)
    {
        if (subPath.StartsWith('/'))
        {
            throw new ContainerConfigException($"error SubPath `{subPath}` must not be an absolute path");
        }

        if (subPath.Split('/').Contains(".."))
        {
            throw new ContainerConfigException($"unable to provision SubPath `{subPath}`: must not contain '..'");
        }

        var source = Path.Combine(volumePath, subPath);
        if (!Path.Exists(source))
        {
            try
            {
                Directory.CreateDirectory(source);
            }
            catch (IOException e)
            {
                // A volume that is read only, an image's for one, has what it has.
                throw new ContainerConfigException($"failed to create subPath directory for volumeMount \"{volumeName}\" of container \"{containerName}\": {e.Message}");
            }

            File.SetUnixFileMode(source, FolderMode);
        }

        var isFolder = Directory.Exists(source);
        var target = paths.SubPathFolder(uid, volumeName, containerName, index);
        if (MountTable.Contains(target))
        {
            Native.Unmount(target);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        using var handle = OpenPath(source);
        var descriptor = $"/proc/self/fd/{handle.DangerousGetHandle()}";
        var real = new FileInfo(descriptor).LinkTarget ?? source;
        if (real != volumePath && !real.StartsWith(volumePath.TrimEnd('/') + "/", StringComparison.Ordinal))
        {
            throw new ContainerConfigException($"failed to prepare subPath for volumeMount \"{volumeName}\" of container \"{containerName}\"");
        }

        if (isFolder)
        {
            Directory.CreateDirectory(target);
        }
        else if (!File.Exists(target))
        {
            File.WriteAllBytes(target, []);
        }

        // The kernel resolves the link of an open handle to the very inode that was checked.
        Native.Mount(descriptor, target, null, Native.MountBind, null);
        return target;
    }

    private static SafeFileHandle OpenPath(string path) => Native.OpenPath(path);
}
