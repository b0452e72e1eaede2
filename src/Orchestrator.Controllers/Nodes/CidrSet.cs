using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace Orchestrator.Controllers.Nodes;

/// <summary>Equal parts of an address range, each free or held by a node. May be used by many at once.</summary>
internal sealed class CidrSet
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, string> _holders = [];
    private readonly BigInteger _base;
    private readonly int _partLength;
    private readonly int _partBits;
    private readonly int _count;
    private readonly bool _v6;
    private int _next;

    /// <param name="whole">The range to divide.</param>
    /// <param name="partLength">The prefix length of a part.</param>
    /// <exception cref="ArgumentException">A part would be larger than the whole, or there would be more than 65,536.</exception>
    public CidrSet(IPNetwork whole, int partLength)
    {
        _v6 = whole.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
        if (partLength < whole.PrefixLength || partLength > (_v6 ? 128 : 32) || partLength - whole.PrefixLength > 16)
        {
            throw new ArgumentException($"{whole} cannot be divided into ranges of /{partLength}.", nameof(partLength));
        }

        _base = new BigInteger(whole.BaseAddress.GetAddressBytes(), isUnsigned: true, isBigEndian: true);
        _partLength = partLength;
        _partBits = (_v6 ? 128 : 32) - partLength;
        _count = 1 << (partLength - whole.PrefixLength);
    }

    /// <summary>A free part, from now on held; the one that the holder has already, if any; null if all are taken.</summary>
    public string? Take(string holder)
    {
        lock (_lock)
        {
            foreach (var (index, other) in _holders)
            {
                if (other == holder)
                {
                    return Format(index);
                }
            }

            // Going on from the last one keeps a range unused for as long as possible after its node is gone.
            for (var i = 0; i < _count; i++)
            {
                var index = (_next + i) % _count;
                if (_holders.TryAdd(index, holder))
                {
                    _next = (index + 1) % _count;
                    return Format(index);
                }
            }

            return null;
        }
    }

    /// <summary>Marks a part as held; of ranges outside the whole it knows nothing.</summary>
    public void Occupy(string range, string holder)
    {
        lock (_lock)
        {
            if (IndexOf(range) is { } index)
            {
                _holders[index] = holder;
            }
        }
    }

    /// <summary>Frees a part, if it is this holder's.</summary>
    public void Release(string range, string holder)
    {
        lock (_lock)
        {
            if (IndexOf(range) is { } index && _holders.GetValueOrDefault(index) == holder)
            {
                _holders.Remove(index);
            }
        }
    }

    private int? IndexOf(string range)
    {
        if (!IPNetwork.TryParse(range, out var network) || (network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6) != _v6)
        {
            return null;
        }

        var offset = (new BigInteger(network.BaseAddress.GetAddressBytes(), isUnsigned: true, isBigEndian: true) - _base) >> _partBits;
        return offset >= 0 && offset < _count ? (int)offset : null;
    }

    private string Format(int index)
    {
        var bytes = new byte[_v6 ? 16 : 4];
        var value = (_base + (new BigInteger(index) << _partBits)).ToByteArray(isUnsigned: true, isBigEndian: true);
        value.CopyTo(bytes, bytes.Length - value.Length);
        return $"{new IPAddress(bytes)}/{_partLength}";
    }
}
