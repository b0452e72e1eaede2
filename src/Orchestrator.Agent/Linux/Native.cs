using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orchestrator.Agent.Linux;

/// <summary>The system calls that .NET has no method for.</summary>
internal static partial class Native
{
    public const ulong MountReadOnly = 1;
    public const ulong MountRemount = 32;
    public const ulong MountBind = 4096;
    private const int DetachUnmount = 2;
    private const int NotFound = 2;
    private const int InvalidArgument = 22;

    /// <summary>Mounts something.</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public static void Mount(string source, string target, string? fileSystem, ulong flags, string? data)
    {
        if (MountCall(source, target, fileSystem, flags, data) != 0)
        {
            throw new IOException($"mount {source} on {target}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    /// <summary>Unmounts; what is not mounted or not there is fine.</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public static void Unmount(string target)
    {
        if (UnmountCall(target, DetachUnmount) != 0 && Marshal.GetLastPInvokeError() is var error and not (NotFound or InvalidArgument))
        {
            throw new IOException($"umount {target}: {new Win32Exception(error).Message}");
        }
    }

    /// <summary>Renames, taking the target's place at once; unlike .NET's move, also a link to a folder.</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public static void Rename(string source, string target)
    {
        if (RenameCall(source, target) != 0)
        {
            throw new IOException($"rename {source} to {target}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    /// <summary>Changes the owner, not following a link; -1 keeps one.</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public static void ChangeOwner(string path, int user, int group)
    {
        if (LchownCall(path, user, group) != 0)
        {
            throw new IOException($"chown {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    /// <summary>A handle on a path that can be neither read nor written: only looked at and mounted from.</summary>
    /// <exception cref="IOException">The path cannot be opened.</exception>
    public static SafeFileHandle OpenPath(string path)
    {
        const int pathOnly = 0x200000;
        const int closeOnExec = 0x80000;
        var descriptor = OpenCall(path, pathOnly | closeOnExec);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"open {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    /// <summary>What a path is, links followed.</summary>
    public static FileTypes FileType(string path)
    {
        const int currentFolder = -100;
        const uint typeMask = 1;
        const int modeOffset = 28;
        const int resultLength = 256;
        const int typeBits = 0xF000;
        Span<byte> result = stackalloc byte[resultLength];
        return StatxCall(currentFolder, path, 0, typeMask, ref MemoryMarshal.GetReference(result)) == 0
            ? (FileTypes)(MemoryMarshal.Read<ushort>(result[modeOffset..]) & typeBits)
            : FileTypes.None;
    }

    /// <summary>How many inodes a file system has, and how many of them are free; zeros where it has no fixed number.</summary>
    public static (long All, long Free) Inodes(string path)
    {
        // struct statvfs: four words of sizes and blocks and the free ones twice, then the inodes: all, free, free for everybody.
        const int resultLength = 256;
        const int allOffset = 40;
        const int availableOffset = 56;
        Span<byte> result = stackalloc byte[resultLength];
        return StatvfsCall(path, ref MemoryMarshal.GetReference(result)) == 0
            ? (MemoryMarshal.Read<long>(result[allOffset..]), MemoryMarshal.Read<long>(result[availableOffset..]))
            : (0, 0);
    }

    [LibraryImport("libc", EntryPoint = "statvfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatvfsCall(string path, ref byte result);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatxCall(int folder, string path, int flags, uint mask, ref byte result);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenCall(string path, int flags);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameCall(string source, string target);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MountCall(string source, string target, string? fileSystem, ulong flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnmountCall(string target, int flags);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LchownCall(string path, int user, int group);
}
