using System.Buffers.Binary;
using System.Net;

namespace Orchestrator.Hosting;

internal static class NetworkExtensions
{
    /// <summary>The address at a distance from the first of an IPv4 network.</summary>
    public static IPAddress At(this IPNetwork network, int offset)
    {
        Span<byte> bytes = stackalloc byte[4];
        network.BaseAddress.TryWriteBytes(bytes, out _);
        BinaryPrimitives.WriteUInt32BigEndian(bytes, BinaryPrimitives.ReadUInt32BigEndian(bytes) + (uint)offset);
        return new(bytes);
    }
}
