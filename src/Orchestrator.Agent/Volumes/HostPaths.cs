using Orchestrator.Agent.Linux;

namespace Orchestrator.Agent.Volumes;

/// <summary>Checks, and makes where asked, paths of the node that pods use.</summary>
internal static class HostPaths
{
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_100_100;

    /// <exception cref="VolumeException">The path is not what it must be.</exception>
    public static void Check(HostPathVolumeSource source)
    {
        var path = source.Path;
        switch (source.Type)
        {
            case null or "":
                return;
            case "DirectoryOrCreate":
                if (!Directory.Exists(path))
                {
                    Refuse(File.Exists(path), path, "a directory");
                    Directory.CreateDirectory(path, FolderMode);
                }

                return;
            case "FileOrCreate":
                Refuse(Directory.Exists(path), path, "a file");
                if (!File.Exists(path))
                {
                    CreateFile(path);
                }

                return;
            case "Directory":
                Refuse(!Directory.Exists(path), path, "a directory");
                return;
            case "File":
                Refuse(Native.FileType(path) != FileTypes.Regular, path, "a file");
                return;
            case "Socket":
                Refuse(Native.FileType(path) != FileTypes.Socket, path, "a socket file");
                return;
            case "CharDevice":
                Refuse(Native.FileType(path) != FileTypes.CharacterDevice, path, "a character device");
                return;
            case "BlockDevice":
                Refuse(Native.FileType(path) != FileTypes.BlockDevice, path, "a block device");
                return;
            default:
                throw new VolumeException($"hostPath type {source.Type} is not known");
        }
    }

    private static void CreateFile(string path)
    {
        try
        {
            File.WriteAllBytes(path, []);
            File.SetUnixFileMode(path, FileMode);
        }
        catch (DirectoryNotFoundException)
        {
            // Folders are for those who ask for folders.
            throw new VolumeException($"open {path}: no such file or directory");
        }
    }

    private static void Refuse(bool wrong, string path, string expected)
    {
        if (wrong)
        {
            throw new VolumeException($"hostPath type check failed: {path} is not {expected}");
        }
    }
}
