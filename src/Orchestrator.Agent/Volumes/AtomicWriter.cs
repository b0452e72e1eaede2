using System.Globalization;
using Orchestrator.Agent.Linux;

namespace Orchestrator.Agent.Volumes;

/// <summary>Writes a set of files so that readers see all old or all new ones.</summary>
/// <remarks>
/// The files stand in a folder of their own (<c>..2026_01_02_…</c>), <c>..data</c> is a link to it, and the names that containers see are
/// links through <c>..data</c>. An update makes a new folder and moves the one link.
/// </remarks>
internal static class AtomicWriter
{
    private const string DataLink = "..data";
    private const string DataLinkTemporary = "..data_tmp";
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;

    /// <summary>Brings a volume's folder to a set of files; true if anything changed.</summary>
    /// <param name="target">The folder.</param>
    /// <param name="files">The files by their relative path.</param>
    /// <param name="now">Names the new folder.</param>
    /// <param name="finish">Called with the new folder before it is shown, to set owners.</param>
    public static bool Write(string target, IReadOnlyDictionary<string, ProjectedFile> files, DateTimeOffset now, Action<string> finish)
    {
        var dataLink = Path.Combine(target, DataLink);
        var oldName = new FileInfo(dataLink).LinkTarget;
        var oldFolder = oldName is null ? null : Path.Combine(target, oldName);
        if (oldFolder is not null && Directory.Exists(oldFolder) && Same(oldFolder, files))
        {
            return false;
        }

        var newName = ".." + now.UtcDateTime.ToString("yyyy_MM_dd_HH_mm_ss.fffffff", CultureInfo.InvariantCulture) + "00";
        var newFolder = Path.Combine(target, newName);
        Directory.CreateDirectory(newFolder, FolderMode);
        File.SetUnixFileMode(newFolder, FolderMode);
        foreach (var (path, file) in files)
        {
            var full = Path.Combine(newFolder, path);
            CreateFolders(newFolder, path);
            File.WriteAllBytes(full, file.Data);
            File.SetUnixFileMode(full, (UnixFileMode)(file.Mode & 0xFFF));
            if (file.Owner is { } owner)
            {
                Native.ChangeOwner(full, (int)owner, -1);
            }
        }

        finish(newFolder);
        var temporary = Path.Combine(target, DataLinkTemporary);
        File.Delete(temporary);
        File.CreateSymbolicLink(temporary, newName);
        Native.Rename(temporary, dataLink);
        ShowNames(target, files.Keys);
        if (oldFolder is not null && oldFolder != newFolder && Directory.Exists(oldFolder))
        {
            Directory.Delete(oldFolder, recursive: true);
        }

        return true;
    }

    private static void CreateFolders(string root, string path)
    {
        var folder = root;
        var parts = path.Split('/');
        for (var i = 0; i < parts.Length - 1; i++)
        {
            folder = Path.Combine(folder, parts[i]);
            if (!Directory.Exists(folder))
            {
                Directory.CreateDirectory(folder);
                File.SetUnixFileMode(folder, FolderMode);
            }
        }
    }

    private static void ShowNames(string target, IEnumerable<string> paths)
    {
        var names = paths.Select(p => p.Split('/')[0]).ToHashSet();
        foreach (var name in names)
        {
            var link = Path.Combine(target, name);
            if (new FileInfo(link).LinkTarget is null)
            {
                File.CreateSymbolicLink(link, DataLink + "/" + name);
            }
        }

        foreach (var entry in new DirectoryInfo(target).EnumerateFileSystemInfos())
        {
            if (!entry.Name.StartsWith("..", StringComparison.Ordinal) && !names.Contains(entry.Name) && entry.LinkTarget is not null)
            {
                File.Delete(entry.FullName);
            }
        }
    }

    private static bool Same(string folder, IReadOnlyDictionary<string, ProjectedFile> files)
    {
        var present = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).ToHashSet();
        return present.SetEquals(files.Keys)
            && files.All(f => File.ReadAllBytes(Path.Combine(folder, f.Key)).AsSpan().SequenceEqual(f.Value.Data));
    }
}
