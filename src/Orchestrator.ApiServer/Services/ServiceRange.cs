using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Orchestrator.ApiServer.Services;

/// <summary>A range of IPv4 addresses for Services. Addresses are numbers, the most significant byte first.</summary>
internal sealed record ServiceRange(IPNetwork Network)
{
    /// <summary>The network's own address, which is nobody's.</summary>
    public uint First { get; } = TryParse(Network.BaseAddress.ToString(), out var first) ? first : throw new ArgumentException("not IPv4", nameof(Network));

    /// <summary>All addresses, the network's and the broadcast one included.</summary>
    public uint Count { get; } = Network.PrefixLength == 0 ? uint.MaxValue : 1u << (32 - Network.PrefixLength);

    /// <summary>How many of the lowest are left for those who choose their own.</summary>
    public uint Reserved { get; } = Math.Min(Math.Max(16, (Network.PrefixLength == 0 ? uint.MaxValue : 1u << (32 - Network.PrefixLength)) / 16), 256);

    /// <summary>Those that can be given.</summary>
    public IEnumerable<uint> Addresses
    {
        get
        {
            for (uint i = 1; i + 1 < Count; i++)
            {
                yield return First + i;
            }
        }
    }

    /// <summary>Whether an address can be given from this range.</summary>
    public bool Holds(uint address) => address > First && address - First < Count - 1;

    public static bool TryParse(string text, out uint address)
    {
        address = 0;
        Span<byte> bytes = stackalloc byte[4];
        if (!IPAddress.TryParse(text, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetwork || !parsed.TryWriteBytes(bytes, out _))
        {
            return false;
        }

        address = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return true;
    }

    public static string Format(uint address)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, address);
        return new IPAddress(bytes).ToString();
    }
}
