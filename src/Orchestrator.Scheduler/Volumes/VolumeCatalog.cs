using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Storage.V1;

namespace Orchestrator.Scheduler.Volumes;

/// <summary>All storage objects, and which volumes are promised to claims though the API does not show it yet. Used by the scheduling loop alone.</summary>
internal sealed class VolumeCatalog
{
    private readonly Dictionary<ObjectKey, PersistentVolumeClaim> _claims = [];
    private readonly Dictionary<string, PersistentVolume> _volumes = [];
    private readonly Dictionary<string, HashSet<string>> _volumesByClass = [];
    private readonly Dictionary<string, StorageClass> _classes = [];
    private readonly Dictionary<string, CSINode> _csiNodes = [];
    private readonly Dictionary<string, CSIDriver> _drivers = [];
    private readonly Dictionary<ObjectKey, CSIStorageCapacity> _capacities = [];
    private readonly Dictionary<string, ObjectKey> _promised = [];

    public IEnumerable<CSIStorageCapacity> Capacities => _capacities.Values;

    public PersistentVolumeClaim? Claim(ObjectKey key) => _claims.GetValueOrDefault(key);

    public PersistentVolume? Volume(string name) => _volumes.GetValueOrDefault(name);

    public StorageClass? Class(string name) => _classes.GetValueOrDefault(name);

    public CSINode? CsiNode(string node) => _csiNodes.GetValueOrDefault(node);

    public CSIDriver? Driver(string name) => _drivers.GetValueOrDefault(name);

    /// <summary>The volumes of a class, smallest first.</summary>
    public IEnumerable<PersistentVolume> VolumesOf(string storageClass) =>
        _volumesByClass.TryGetValue(storageClass, out var names)
            ? names.Select(n => _volumes[n]).OrderBy(static v => Capacity(v)).ThenBy(static v => v.Metadata.Name, StringComparer.Ordinal)
            : [];

    public static Int128 Capacity(PersistentVolume volume) => volume.Spec.Capacity.TryGetValue("storage", out var size) ? size.Nanos : 0;

    /// <summary>The claim that a volume is promised to by a pod that is being bound; null if to none.</summary>
    public ObjectKey? PromisedTo(string volume) => _promised.TryGetValue(volume, out var claim) ? claim : null;

    public void Promise(string volume, ObjectKey claim) => _promised[volume] = claim;

    public void Withdraw(string volume) => _promised.Remove(volume);

    public void Set(PersistentVolumeClaim claim) => _claims[claim.Key] = claim;

    public void Remove(PersistentVolumeClaim claim) => _claims.Remove(claim.Key);

    public void Set(PersistentVolume volume)
    {
        Remove(volume);
        _volumes[volume.Metadata.Name] = volume;
        if (!_volumesByClass.TryGetValue(volume.Spec.StorageClassName, out var names))
        {
            _volumesByClass[volume.Spec.StorageClassName] = names = [];
        }

        names.Add(volume.Metadata.Name);
        if (volume.Spec.ClaimRef is not null)
        {
            _promised.Remove(volume.Metadata.Name);
        }
    }

    public void Remove(PersistentVolume volume)
    {
        if (_volumes.Remove(volume.Metadata.Name, out var old))
        {
            _volumesByClass[old.Spec.StorageClassName].Remove(old.Metadata.Name);
        }
    }

    public void Set(StorageClass storageClass) => _classes[storageClass.Metadata.Name] = storageClass;

    public void Remove(StorageClass storageClass) => _classes.Remove(storageClass.Metadata.Name);

    public void Set(CSINode node) => _csiNodes[node.Metadata.Name] = node;

    public void Remove(CSINode node) => _csiNodes.Remove(node.Metadata.Name);

    public void Set(CSIDriver driver) => _drivers[driver.Metadata.Name] = driver;

    public void Remove(CSIDriver driver) => _drivers.Remove(driver.Metadata.Name);

    public void Set(CSIStorageCapacity capacity) => _capacities[capacity.Key] = capacity;

    public void Remove(CSIStorageCapacity capacity) => _capacities.Remove(capacity.Key);

    /// <summary>Whether a claim has its volume for good.</summary>
    public static bool IsBound(PersistentVolumeClaim claim) =>
        claim.Spec.VolumeName.Length > 0 && claim.Metadata.Annotations.ContainsKey(VolumeAnnotations.BindCompleted);

    /// <summary>Whether a claim gets its volume only once a pod that uses it has a node.</summary>
    public bool WaitsForPod(PersistentVolumeClaim claim) =>
        claim.Spec.VolumeName.Length == 0
        && claim.Spec.StorageClassName is { Length: > 0 } name
        && Class(name)?.VolumeBindingMode == "WaitForFirstConsumer";
}
