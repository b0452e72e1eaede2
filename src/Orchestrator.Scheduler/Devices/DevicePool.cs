using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;

namespace Orchestrator.Scheduler.Devices;

/// <summary>All devices that a driver offers together: the slices of the newest generation.</summary>
internal sealed class DevicePool
{
    public DevicePool(IReadOnlyCollection<ResourceSlice> slices)
    {
        var newest = slices.Max(static s => s.Spec.Pool.Generation);
        var current = slices.Where(s => s.Spec.Pool.Generation == newest).OrderBy(static s => s.Metadata.Name, StringComparer.Ordinal).ToArray();
        IsComplete = current.Length == current[0].Spec.Pool.ResourceSliceCount;
        Devices = [.. current.SelectMany(s => s.Spec.Devices.Select(d => new PoolDevice(this, s.Spec, d)))];
        foreach (var set in current.SelectMany(static s => s.Spec.SharedCounters))
        {
            foreach (var (name, counter) in set.Counters)
            {
                Counters[(set.Name, name)] = (counter.Value ?? Quantity.Zero).Nanos;
            }
        }
    }

    /// <summary>Whether all slices are there; until then the driver is still publishing, and nothing of the pool is given out.</summary>
    public bool IsComplete { get; }

    public PoolDevice[] Devices { get; }

    /// <summary>What devices of the pool share, by set and name: devices that are parts of one thing use it up together.</summary>
    public Dictionary<(string Set, string Name), Int128> Counters { get; } = [];
}
