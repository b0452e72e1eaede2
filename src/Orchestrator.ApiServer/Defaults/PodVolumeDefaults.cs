using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Volumes of pods.</summary>
internal static class PodVolumeDefaults
{
    private const int FileMode = 0b110_100_100; // 0644

    public static void Volume(Volume volume)
    {
        // The name is slot 0; all other slots are sources.
        if (volume.Slots.AsSpan(1).IndexOfAnyExcept((object?)null) < 0)
        {
            volume.Own<EmptyDirVolumeSource>(Api.Core.V1.Volume.Fields.EmptyDir);
            return;
        }

        if (volume.Image is { } image && image.PullPolicy.Length == 0)
        {
            image.Set(ImageVolumeSource.Fields.PullPolicy, ImageReference.DefaultPullPolicy(image.Reference));
        }

        volume.Secret?.Default(SecretVolumeSource.Fields.DefaultMode, FileMode);
        volume.ConfigMap?.Default(ConfigMapVolumeSource.Fields.DefaultMode, FileMode);
        if (volume.DownwardAPI is { } downward)
        {
            downward.Default(DownwardAPIVolumeSource.Fields.DefaultMode, FileMode);
            FieldRefs(downward.Items);
        }

        if (volume.Projected is { } projected)
        {
            projected.Default(ProjectedVolumeSource.Fields.DefaultMode, FileMode);
            foreach (var source in projected.Sources)
            {
                source.ServiceAccountToken?.Default(ServiceAccountTokenProjection.Fields.ExpirationSeconds, 3600L);
                if (source.DownwardAPI is { } items)
                {
                    FieldRefs(items.Items);
                }
            }
        }

        volume.HostPath?.Default(HostPathVolumeSource.Fields.Type, "");
        if (volume.Ephemeral?.VolumeClaimTemplate is { } template)
        {
            VolumeDefaults.ClaimSpec(template.Own<PersistentVolumeClaimSpec>(PersistentVolumeClaimTemplate.Fields.Spec));
        }

        volume.Iscsi?.Default(ISCSIVolumeSource.Fields.IscsiInterface, "default");
        if (volume.Rbd is { } rbd)
        {
            rbd.Default(RBDVolumeSource.Fields.Pool, "rbd");
            rbd.Default(RBDVolumeSource.Fields.User, "admin");
            rbd.Default(RBDVolumeSource.Fields.Keyring, "/etc/ceph/keyring");
        }

        VolumeDefaults.AzureDisk(volume.AzureDisk);
        volume.ScaleIO?.Default(ScaleIOVolumeSource.Fields.StorageMode, "ThinProvisioned");
        volume.ScaleIO?.Default(ScaleIOVolumeSource.Fields.FsType, "xfs");
    }

    private static void FieldRefs(Api.ApiList<DownwardAPIVolumeFile> items)
    {
        foreach (var item in items)
        {
            item.FieldRef?.Default(ObjectFieldSelector.Fields.ApiVersion, "v1");
        }
    }
}
