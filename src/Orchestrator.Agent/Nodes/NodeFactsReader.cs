using System.Globalization;
using Orchestrator.Api;

namespace Orchestrator.Agent.Nodes;

/// <summary>Finds out what the machine has.</summary>
internal static class NodeFactsReader
{
    // What the kubelet keeps free by default before it evicts.
    private const long MemoryEvictionThreshold = 100 * 1024 * 1024;
    private const int DiskEvictionPercent = 10;

    public static NodeFacts Read(NodeAgentOptions options)
    {
        Directory.CreateDirectory(options.RootDirectory);
        var disk = new DriveInfo(options.RootDirectory);
        var capacity = new SortedDictionary<string, Quantity>(StringComparer.Ordinal)
        {
            ["cpu"] = Quantity.FromLong(Environment.ProcessorCount),
            ["memory"] = Quantity.Parse($"{MemoryTotal() / 1024}Ki"),
            ["pods"] = Quantity.FromLong(options.PodsMax),
            ["ephemeral-storage"] = Quantity.Parse($"{disk.TotalSize / 1024}Ki"),
        };
        foreach (var (size, bytes) in HugePages())
        {
            capacity["hugepages-" + size] = Quantity.FromLong(bytes, bytes == 0 ? QuantityFormat.DecimalSI : QuantityFormat.BinarySI);
        }

        var allocatable = new SortedDictionary<string, Quantity>(StringComparer.Ordinal);
        foreach (var (name, whole) in capacity)
        {
            var reserved = options.Reserved.TryGetValue(name, out var text) ? Quantity.Parse(text) : Quantity.Zero;
            allocatable[name] = name switch
            {
                "memory" => Quantity.Parse($"{Math.Max(0, whole.Value - reserved.Value - MemoryEvictionThreshold) / 1024}Ki"),
                "ephemeral-storage" => Quantity.FromLong(Math.Max(0, whole.Value - reserved.Value - (whole.Value * DiskEvictionPercent / 100))),
                "cpu" => reserved.IsZero ? whole : Quantity.FromMilli(Math.Max(0, whole.MilliValue - reserved.MilliValue)),
                _ => whole,
            };
        }

        return new NodeFacts { Name = options.NodeName, Addresses = options.NodeAddresses, Capacity = capacity, Allocatable = allocatable };
    }

    /// <summary>A value of /proc/meminfo in bytes; 0 if it is not there.</summary>
    public static long Memory(string name)
    {
        foreach (var line in File.ReadLines("/proc/meminfo"))
        {
            var parts = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length >= 2 && parts[0] == name + ":")
            {
                return long.Parse(parts[1], CultureInfo.InvariantCulture) * 1024;
            }
        }

        return 0;
    }

    private static long MemoryTotal() => Memory("MemTotal");

    private static IEnumerable<(string Size, long Bytes)> HugePages()
    {
        const string folder = "/sys/kernel/mm/hugepages";
        if (!Directory.Exists(folder))
        {
            yield break;
        }

        foreach (var entry in Directory.EnumerateDirectories(folder))
        {
            var kilobytes = long.Parse(Path.GetFileName(entry)["hugepages-".Length..^2], CultureInfo.InvariantCulture);
            var pages = long.Parse(File.ReadAllText(Path.Combine(entry, "nr_hugepages")), CultureInfo.InvariantCulture);
            yield return (kilobytes >= 1024 * 1024 ? $"{kilobytes / 1024 / 1024}Gi" : $"{kilobytes / 1024}Mi", pages * kilobytes * 1024);
        }
    }
}
