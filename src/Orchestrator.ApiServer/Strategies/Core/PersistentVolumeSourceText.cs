using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Strategies.Core;

/// <summary>The sources of a persistent volume alone, as upstream's internal type holds them.</summary>
internal static class PersistentVolumeSourceText
{
    // The internal struct's order; what the versioned type names otherwise is looked up by its Go name.
    private static readonly string[] Order =
    [
        "GCEPersistentDisk", "AWSElasticBlockStore", "HostPath", "Glusterfs", "NFS", "RBD", "Quobyte", "ISCSI", "FlexVolume", "Cinder", "CephFS", "FC", "Flocker", "AzureFile",
        "VsphereVolume", "AzureDisk", "PhotonPersistentDisk", "PortworxVolume", "ScaleIO", "Local", "StorageOS", "CSI",
    ];

    public static Validation.InternalFields Of(PersistentVolumeSpec spec, int[] sources) => new(
        [.. Order.Select(name => sources.FirstOrDefault(s => PersistentVolumeSpec.ApiType.Fields[s].GoField == name, -1) is var slot and >= 0
            ? (name, spec.Slots[slot])
            : (name, (object?)null))]);
}
