using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;

namespace Orchestrator.Scheduler.Devices;

/// <summary>Claims, classes and devices, and the allocations that the API does not show yet. Used by the scheduling loop alone.</summary>
internal sealed class DeviceCatalog
{
    private readonly Dictionary<ObjectKey, ResourceClaim> _claims = [];
    private readonly Dictionary<string, DeviceClass> _classes = [];
    private readonly Dictionary<string, ResourceSlice> _slices = [];
    private readonly Dictionary<string, AllocationResult> _assumed = [];
    private List<DevicePool>? _pools;
    private HashSet<DeviceId>? _taken;

    /// <summary>The pools, in a stable order.</summary>
    public IReadOnlyList<DevicePool> Pools => _pools ??=
    [
        .. _slices.Values.GroupBy(static s => (s.Spec.Driver, s.Spec.Pool.Name))
            .OrderBy(static g => g.Key.Driver, StringComparer.Ordinal).ThenBy(static g => g.Key.Name, StringComparer.Ordinal)
            .Select(static g => new DevicePool([.. g])),
    ];

    public ResourceClaim? Claim(ObjectKey key) => _claims.GetValueOrDefault(key);

    public DeviceClass? Class(string name) => _classes.GetValueOrDefault(name);

    /// <summary>Whether a claim is being given devices right now.</summary>
    public bool IsBeingAllocated(ResourceClaim claim) => claim.Status.Allocation is null && _assumed.ContainsKey(claim.Metadata.Uid);

    /// <summary>The devices that claims have or are getting. Access for administrators takes a device from nobody.</summary>
    public IReadOnlySet<DeviceId> Taken => _taken ??=
    [
        .. _claims.Values.Select(static c => c.Status.Allocation).Concat(_assumed.Values)
            .SelectMany(static a => a?.Devices.Results ?? ApiList<DeviceRequestAllocationResult>.Empty)
            .Where(static r => r.AdminAccess != true)
            .Select(static r => new DeviceId(r.Driver, r.Pool, r.Device)),
    ];

    /// <summary>Keeps an allocation in mind from the decision until the API shows it.</summary>
    public void Assume(ResourceClaim claim, AllocationResult allocation)
    {
        _assumed[claim.Metadata.Uid] = allocation;
        _taken = null;
    }

    /// <summary>An allocation could not be written.</summary>
    public void Forget(ResourceClaim claim)
    {
        _assumed.Remove(claim.Metadata.Uid);
        _taken = null;
    }

    public void Set(ResourceClaim claim)
    {
        // What we wrote is known at once; the news of what it was before may come later.
        if (_claims.TryGetValue(claim.Key, out var known) && known.Metadata.Uid == claim.Metadata.Uid && Version(known) > Version(claim))
        {
            return;
        }

        _claims[claim.Key] = claim;
        _taken = null;
        if (claim.Status.Allocation is not null)
        {
            _assumed.Remove(claim.Metadata.Uid);
        }
    }

    private static ulong Version(ResourceClaim claim) => ulong.TryParse(claim.Metadata.ResourceVersion, out var version) ? version : 0;

    public void Remove(ResourceClaim claim)
    {
        _claims.Remove(claim.Key);
        _taken = null;
        _assumed.Remove(claim.Metadata.Uid);
    }

    public void Set(DeviceClass deviceClass) => _classes[deviceClass.Metadata.Name] = deviceClass;

    public void Remove(DeviceClass deviceClass) => _classes.Remove(deviceClass.Metadata.Name);

    public void Set(ResourceSlice slice)
    {
        _slices[slice.Metadata.Name] = slice;
        _pools = null;
    }

    public void Remove(ResourceSlice slice)
    {
        _slices.Remove(slice.Metadata.Name);
        _pools = null;
    }
}
