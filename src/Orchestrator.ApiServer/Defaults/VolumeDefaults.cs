using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Persistent volumes and claims.</summary>
internal static class VolumeDefaults
{
    public static void PersistentVolume(PersistentVolume volume)
    {
        volume.Own<PersistentVolumeStatus>(Api.Core.V1.PersistentVolume.Fields.Status).Default(PersistentVolumeStatus.Fields.Phase, "Pending");
        var spec = volume.Own<PersistentVolumeSpec>(Api.Core.V1.PersistentVolume.Fields.Spec);
        spec.Default(PersistentVolumeSpec.Fields.PersistentVolumeReclaimPolicy, "Retain");
        spec.Default(PersistentVolumeSpec.Fields.VolumeMode, "Filesystem");
        ResourceLists.Round(spec.Capacity);
        spec.HostPath?.Default(HostPathVolumeSource.Fields.Type, "");
        spec.Iscsi?.Default(ISCSIPersistentVolumeSource.Fields.IscsiInterface, "default");
        if (spec.Rbd is { } rbd)
        {
            rbd.Default(RBDPersistentVolumeSource.Fields.Pool, "rbd");
            rbd.Default(RBDPersistentVolumeSource.Fields.User, "admin");
            rbd.Default(RBDPersistentVolumeSource.Fields.Keyring, "/etc/ceph/keyring");
        }

        AzureDisk(spec.AzureDisk);
        spec.ScaleIO?.Default(ScaleIOPersistentVolumeSource.Fields.StorageMode, "ThinProvisioned");
        spec.ScaleIO?.Default(ScaleIOPersistentVolumeSource.Fields.FsType, "xfs");
    }

    public static void PersistentVolumeClaim(PersistentVolumeClaim claim)
    {
        var status = claim.Own<PersistentVolumeClaimStatus>(Api.Core.V1.PersistentVolumeClaim.Fields.Status);
        status.Default(PersistentVolumeClaimStatus.Fields.Phase, "Pending");
        ResourceLists.Round(status.Capacity);
        ResourceLists.Round(status.AllocatedResources);
        ClaimSpec(claim.Own<PersistentVolumeClaimSpec>(Api.Core.V1.PersistentVolumeClaim.Fields.Spec));
    }

    public static void ClaimSpec(PersistentVolumeClaimSpec spec)
    {
        spec.Default(PersistentVolumeClaimSpec.Fields.VolumeMode, "Filesystem");
        ResourceLists.Round(spec.Resources.Limits);
        ResourceLists.Round(spec.Resources.Requests);
    }

    public static void AzureDisk(AzureDiskVolumeSource? disk)
    {
        if (disk is null)
        {
            return;
        }

        disk.Default(AzureDiskVolumeSource.Fields.CachingMode, "ReadWrite");
        disk.Default(AzureDiskVolumeSource.Fields.Kind, "Shared");
        disk.Default(AzureDiskVolumeSource.Fields.FsType, "ext4");
        disk.Default(AzureDiskVolumeSource.Fields.ReadOnly, false);
    }
}
