using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Orchestrator.Images;

/// <summary>
/// The program that holds a pod's namespaces open: a static ELF file of a few hundred bytes that waits for signals,
/// reaps what is re-parented to it (pods may share one process namespace) and exits on SIGTERM or SIGINT.
/// </summary>
/// <remarks>
/// Written as machine code since a node needs neither a compiler nor a download then, and since one runs in every pod:
/// it touches a single page of memory.
/// </remarks>
internal static class PauseProgram
{
    private const ulong LoadAddress = 0x400000;
    private const int HeaderLength = 64 + 56; // The ELF header and one program header.

    // The signals are blocked, not handled: a blocked signal is queued even for the first process of a namespace.
    private static ReadOnlySpan<byte> X64Code =>
    [
        0x68, 0x02, 0x40, 0x01, 0x00,             // push   SIGINT | SIGTERM | SIGCHLD as a mask
        0x6a, 0x0e, 0x58,                         // mov    eax, rt_sigprocmask
        0x31, 0xff,                               // xor    edi, edi (SIG_BLOCK)
        0x48, 0x89, 0xe6,                         // mov    rsi, rsp
        0x31, 0xd2,                               // xor    edx, edx
        0x41, 0xba, 0x08, 0x00, 0x00, 0x00,       // mov    r10d, 8 (bytes in the mask)
        0x0f, 0x05,                               // syscall
        // next:
        0xb8, 0x80, 0x00, 0x00, 0x00,             // mov    eax, rt_sigtimedwait
        0x48, 0x89, 0xe7,                         // mov    rdi, rsp
        0x31, 0xf6,                               // xor    esi, esi
        0x31, 0xd2,                               // xor    edx, edx
        0x0f, 0x05,                               // syscall
        0x83, 0xf8, 0x11,                         // cmp    eax, SIGCHLD
        0x74, 0x0d,                               // je     reap
        0x85, 0xc0,                               // test   eax, eax
        0x78, 0xe9,                               // js     next (interrupted)
        0xb8, 0x3c, 0x00, 0x00, 0x00,             // mov    eax, exit
        0x31, 0xff,                               // xor    edi, edi
        0x0f, 0x05,                               // syscall
        // reap:
        0xb8, 0x3d, 0x00, 0x00, 0x00,             // mov    eax, wait4
        0x48, 0xc7, 0xc7, 0xff, 0xff, 0xff, 0xff, // mov    rdi, -1 (any child)
        0x31, 0xf6,                               // xor    esi, esi
        0xba, 0x01, 0x00, 0x00, 0x00,             // mov    edx, WNOHANG
        0x45, 0x31, 0xd2,                         // xor    r10d, r10d
        0x0f, 0x05,                               // syscall
        0x41, 0xba, 0x08, 0x00, 0x00, 0x00,       // mov    r10d, 8
        0x85, 0xc0,                               // test   eax, eax
        0x7f, 0xde,                               // jg     reap (there may be more)
        0xeb, 0xbc,                               // jmp    next
    ];

    // The same for arm64, whose system call numbers differ.
    private static ReadOnlySpan<uint> Arm64Code =>
    [
        0xd2880040, // mov  x0, #0x4002
        0xf2a00020, // movk x0, #1, lsl 16    the mask
        0xf81f0fe0, // str  x0, [sp, #-16]!
        0xd2800000, // mov  x0, SIG_BLOCK
        0x910003e1, // mov  x1, sp
        0xd2800002, // mov  x2, #0
        0xd2800103, // mov  x3, #8
        0xd28010e8, // mov  x8, rt_sigprocmask
        0xd4000001, // svc  #0
        // next:
        0x910003e0, // mov  x0, sp
        0xd2800001, // mov  x1, #0
        0xd2800002, // mov  x2, #0
        0xd2800103, // mov  x3, #8
        0xd2801128, // mov  x8, rt_sigtimedwait
        0xd4000001, // svc  #0
        0xf100441f, // cmp  x0, SIGCHLD
        0x540000c0, // b.eq reap (+6)
        0xf100001f, // cmp  x0, #0
        0x54fffeeb, // b.lt next (-9)
        0xd2800000, // mov  x0, #0
        0xd2800ba8, // mov  x8, exit
        0xd4000001, // svc  #0
        // reap:
        0x92800000, // mov  x0, #-1
        0xd2800001, // mov  x1, #0
        0xd2800022, // mov  x2, WNOHANG
        0xd2800003, // mov  x3, #0
        0xd2802088, // mov  x8, wait4
        0xd4000001, // svc  #0
        0xf100001f, // cmp  x0, #0
        0x54ffff2c, // b.gt reap (-7)
        0x17ffffeb, // b    next (-21)
    ];

    /// <summary>The file's bytes.</summary>
    /// <exception cref="PlatformNotSupportedException">There is no code for that architecture.</exception>
    public static byte[] Build(Architecture architecture)
    {
        var (machine, code) = architecture switch
        {
            Architecture.X64 => ((ushort)62, X64Code.ToArray()),
            Architecture.Arm64 => ((ushort)183, LittleEndian(Arm64Code)),
            _ => throw new PlatformNotSupportedException($"there is no pause program for {architecture}, only for X64 and Arm64"),
        };

        var file = new byte[HeaderLength + code.Length];
        var span = file.AsSpan();
        ReadOnlySpan<byte> identity = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]; // 64 bits, little endian, version 1.
        identity.CopyTo(span);
        BinaryPrimitives.WriteUInt16LittleEndian(span[16..], 2);                          // An executable.
        BinaryPrimitives.WriteUInt16LittleEndian(span[18..], machine);
        BinaryPrimitives.WriteUInt32LittleEndian(span[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(span[24..], LoadAddress + HeaderLength); // Where it starts.
        BinaryPrimitives.WriteUInt64LittleEndian(span[32..], 64);                         // Where the program header is.
        BinaryPrimitives.WriteUInt16LittleEndian(span[52..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(span[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(span[56..], 1);                          // One program header.

        var segment = span[64..];
        BinaryPrimitives.WriteUInt32LittleEndian(segment, 1);                             // Loaded,
        BinaryPrimitives.WriteUInt32LittleEndian(segment[4..], 5);                        // readable and executable,
        BinaryPrimitives.WriteUInt64LittleEndian(segment[16..], LoadAddress);             // from the file's start to here.
        BinaryPrimitives.WriteUInt64LittleEndian(segment[24..], LoadAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[32..], (ulong)file.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[40..], (ulong)file.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[48..], 0x10000);                 // Aligned for arm64's largest pages.
        code.CopyTo(span[HeaderLength..]);
        return file;
    }

    private static byte[] LittleEndian(ReadOnlySpan<uint> words)
    {
        var bytes = new byte[words.Length * sizeof(uint)];
        for (var index = 0; index < words.Length; index++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(index * sizeof(uint)), words[index]);
        }

        return bytes;
    }
}
