using Orchestrator.Agent.Nodes;
using Orchestrator.Api;

namespace Orchestrator.Agent.Eviction;

/// <summary>What the node is short of, now and for a while after.</summary>
/// <remarks>Measured anew at most once in a few seconds, whoever asks: the node's status, the admission of pods, and the eviction.</remarks>
internal sealed class NodePressure(NodeAgentOptions options, TimeProvider time)
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(2);
    private readonly Lock _lock = new();
    private readonly Dictionary<EvictionSignal, DateTimeOffset> _lastSeen = [];
    private DateTimeOffset _measuredAt = DateTimeOffset.MinValue;
    private IReadOnlyList<Shortage> _shortages = [];

    /// <summary>What is below its threshold at this moment, the memory first.</summary>
    public IReadOnlyList<Shortage> Shortages
    {
        get
        {
            lock (_lock)
            {
                var now = time.GetUtcNow();
                if (now - _measuredAt >= Freshness)
                {
                    _shortages = [.. Measure()];
                    _measuredAt = now;
                    foreach (var shortage in _shortages)
                    {
                        _lastSeen[shortage.Signal] = now;
                    }
                }

                return _shortages;
            }
        }
    }

    /// <summary>True while memory is short, and for <see cref="NodeAgentOptions.EvictionPressureTransition"/> after, so that the node does not flap.</summary>
    public bool HasMemoryPressure => IsUnderPressure(EvictionSignal.Memory);

    /// <summary>The same of the disk.</summary>
    public bool HasDiskPressure => IsUnderPressure(EvictionSignal.NodeStorage) || IsUnderPressure(EvictionSignal.NodeInodes);

    private bool IsUnderPressure(EvictionSignal signal)
    {
        _ = Shortages;
        lock (_lock)
        {
            return _lastSeen.TryGetValue(signal, out var seen) && time.GetUtcNow() - seen < options.EvictionPressureTransition;
        }
    }

    private IEnumerable<Shortage> Measure()
    {
        var (memory, free) = (NodeFactsReader.Memory("MemTotal"), NodeFactsReader.Memory("MemAvailable"));
        if (Compare(EvictionSignal.Memory, options.EvictionHardMemory, memory, free) is { } ofMemory)
        {
            yield return ofMemory;
        }

        var disk = new DriveInfo(options.RootDirectory);
        if (Compare(EvictionSignal.NodeStorage, options.EvictionHardNodeStorage, disk.TotalSize, disk.AvailableFreeSpace) is { } ofDisk)
        {
            yield return ofDisk;
        }

        var (inodes, inodesFree) = Linux.Native.Inodes(options.RootDirectory);

        // Some file systems make inodes as they need them and tell of none.
        if (inodes > 0 && Compare(EvictionSignal.NodeInodes, options.EvictionHardNodeInodes, inodes, inodesFree) is { } ofInodes)
        {
            yield return ofInodes;
        }
    }

    private static Shortage? Compare(EvictionSignal signal, string threshold, long capacity, long available)
    {
        var quantity = threshold.EndsWith('%')
            ? Quantity.FromLong((long)(capacity * double.Parse(threshold.AsSpan(0, threshold.Length - 1), System.Globalization.CultureInfo.InvariantCulture) / 100), QuantityFormat.BinarySI)
            : Quantity.Parse(threshold);
        return available < quantity.Value ? new(signal, quantity, Quantity.FromLong(available, QuantityFormat.BinarySI)) : null;
    }
}
