using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Orchestrator.Agent.Logs;

/// <summary>Tells whether two open files are the same one.</summary>
internal static class FileIdentity
{
    /// <summary>A text that is equal for handles of the same inode: what the kernel shows of the descriptor.</summary>
    public static string Of(SafeFileHandle handle)
    {
        var descriptor = handle.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);
        foreach (var line in File.ReadLines($"/proc/self/fdinfo/{descriptor}"))
        {
            if (line.StartsWith("ino:", StringComparison.Ordinal))
            {
                return line;
            }
        }

        // Kernels before 5.14 do not show the inode there; the link's target changes when a file is renamed or removed.
        return File.ResolveLinkTarget($"/proc/self/fd/{descriptor}", returnFinalTarget: false)?.FullName ?? descriptor;
    }
}
