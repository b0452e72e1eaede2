using Orchestrator.Agent.Linux;

namespace Orchestrator.Agent.Volumes;

/// <summary>Gives a volume to the group of its pod (fsGroup).</summary>
internal static class VolumeOwnership
{
    private const int ReadMask = 0b100_100_000;
    private const int WriteMask = 0b110_110_000;
    private const int ExecuteMask = 0b001_001_000;

    /// <summary>Sets the group of everything below a folder and lets the group read (and write); new files inherit the group.</summary>
    public static void Apply(string folder, long? group, bool readOnly)
    {
        if (group is not { } gid)
        {
            return;
        }

        Set(folder, (int)gid, readOnly, isFolder: true);
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        {
            if (entry.LinkTarget is null)
            {
                Set(entry.FullName, (int)gid, readOnly, entry is DirectoryInfo);
            }
            else
            {
                Native.ChangeOwner(entry.FullName, -1, (int)gid);
            }
        }
    }

    private static void Set(string path, int group, bool readOnly, bool isFolder)
    {
        Native.ChangeOwner(path, -1, group);
        var mode = (int)File.GetUnixFileMode(path) | (readOnly ? ReadMask : WriteMask);
        if (isFolder)
        {
            mode |= ExecuteMask | (int)UnixFileMode.SetGroup;
        }

        File.SetUnixFileMode(path, (UnixFileMode)mode);
    }
}
