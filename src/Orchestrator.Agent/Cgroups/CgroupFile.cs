using System.Diagnostics;
using System.Globalization;

namespace Orchestrator.Agent.Cgroups;

/// <summary>The files in which the kernel shows control groups.</summary>
internal static class CgroupFile
{
    public static void Write(string folder, string file, long value) => Write(folder, file, value.ToString(CultureInfo.InvariantCulture));

    public static void Write(string folder, string file, string value)
    {
        using var stream = new FileStream(Path.Combine(folder, file), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        stream.Write(System.Text.Encoding.ASCII.GetBytes(value));
    }

    public static string? ReadText(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file)).TrimEnd('\n');
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or IOException)
        {
            // Gone in between (the kernel answers ENODEV), or a controller that is not enabled here.
            return null;
        }
    }

    public static long? Read(string folder, string file) =>
        long.TryParse(ReadText(folder, file), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    public static Dictionary<string, ulong> ReadTable(string folder, string file)
    {
        var table = new Dictionary<string, ulong>();
        foreach (var line in (ReadText(folder, file) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var space = line.IndexOf(' ');
            if (space > 0 && ulong.TryParse(line.AsSpan(space + 1), CultureInfo.InvariantCulture, out var value))
            {
                table[line[..space]] = value;
            }
        }

        return table;
    }

    public static IReadOnlyList<string> Children(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateDirectories(folder).Select(d => Path.GetFileName(d)!)] : [];

    /// <summary>Removes a group from the bottom up; kills the processes that are left. False if some are still dying.</summary>
    public static bool RemoveTree(string folder)
    {
        var gone = true;
        foreach (var child in Children(folder))
        {
            gone &= RemoveTree(Path.Combine(folder, child));
        }

        foreach (var line in (ReadText(folder, "cgroup.procs") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Kill(int.Parse(line, CultureInfo.InvariantCulture));
        }

        try
        {
            Directory.Delete(folder, recursive: false);
        }
        catch (DirectoryNotFoundException)
        {
            return gone;
        }
        catch (IOException)
        {
            // EBUSY: a process has not finished dying; the caller comes again.
            return false;
        }

        return gone;
    }

    private static void Kill(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }
    }
}
