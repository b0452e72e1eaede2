using System.Buffers.Binary;
using System.Numerics;

namespace Orchestrator.Network.Dns.Zone;

/// <summary>An immutable table from names to nodes that a lookup reads without a lock and without allocating.</summary>
/// <remarks>
/// Made of shards that successive snapshots share: a change to one Service of ten thousand copies a few dozen entries.
/// A shard is an open-addressing table, at most half full.
/// </remarks>
internal sealed class ZoneSnapshot
{
    private const int ShardCount = 1024;

    private readonly ZoneNode?[]?[] _shards;

    private ZoneSnapshot(ZoneNode?[]?[] shards, uint serial, int count)
    {
        _shards = shards;
        Serial = serial;
        Count = count;
    }

    public static ZoneSnapshot Empty { get; } = new(new ZoneNode?[ShardCount][], 0, 0);

    /// <summary>The SOA's serial number: grows with every change.</summary>
    public uint Serial { get; }
    public int Count { get; }

    /// <summary>The node of a lower-cased wire name, or <see langword="null"/> if there is no such name.</summary>
    public ZoneNode? Find(ReadOnlySpan<byte> name)
    {
        var hash = Hash(name);
        var shard = _shards[hash & (ShardCount - 1)];
        if (shard is null)
        {
            return null;
        }

        var mask = (uint)shard.Length - 1;
        for (var slot = (hash >> 10) & mask; ; slot = (slot + 1) & mask)
        {
            var node = shard[slot];
            if (node is null || name.SequenceEqual(node.Name))
            {
                return node;
            }
        }
    }

    /// <summary>This snapshot with some names set anew or, where the node is <see langword="null"/>, gone.</summary>
    public ZoneSnapshot With(IReadOnlyCollection<KeyValuePair<byte[], ZoneNode?>> changes)
    {
        var shards = (ZoneNode?[]?[])_shards.Clone();
        var count = Count;
        foreach (var group in changes.GroupBy(change => Hash(change.Key) & (ShardCount - 1)))
        {
            var nodes = (shards[group.Key] ?? []).Where(node => node is not null).ToDictionary(node => node!.Name, node => node!, NameComparer.Instance);
            count -= nodes.Count;
            foreach (var (name, node) in group)
            {
                if (node is null)
                {
                    nodes.Remove(name);
                }
                else
                {
                    nodes[name] = node;
                }
            }

            count += nodes.Count;
            shards[group.Key] = Build(nodes.Values);
        }

        return new ZoneSnapshot(shards, Serial + 1, count);
    }

    private static ZoneNode?[]? Build(IReadOnlyCollection<ZoneNode> nodes)
    {
        if (nodes.Count == 0)
        {
            return null;
        }

        var shard = new ZoneNode?[BitOperations.RoundUpToPowerOf2((uint)nodes.Count * 2)];
        var mask = (uint)shard.Length - 1;
        foreach (var node in nodes)
        {
            var slot = (Hash(node.Name) >> 10) & mask;
            while (shard[slot] is not null)
            {
                slot = (slot + 1) & mask;
            }

            shard[slot] = node;
        }

        return shard;
    }

    private static uint Hash(ReadOnlySpan<byte> name)
    {
        const ulong Prime = 0x9E3779B97F4A7C15;
        var hash = (ulong)name.Length;
        while (name.Length >= 8)
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(name)) * Prime;
            hash ^= hash >> 29;
            name = name[8..];
        }

        foreach (var value in name)
        {
            hash = (hash ^ value) * Prime;
        }

        return (uint)((hash ^ (hash >> 32)) * Prime >> 32);
    }

    /// <summary>Compares names by their bytes.</summary>
    internal sealed class NameComparer : IEqualityComparer<byte[]>
    {
        public static NameComparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => (int)Hash(obj);
    }
}
