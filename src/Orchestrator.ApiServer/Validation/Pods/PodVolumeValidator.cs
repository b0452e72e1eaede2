using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation.Storage;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>Volumes of pods.</summary>
internal static class PodVolumeValidator
{
    private const int FileModeMax = 0b111_111_111;
    private const long TokenSecondsMin = 10 * 60;

    /// <summary>The sources in the order upstream looks at them: of several the first counts, and the others are faults.</summary>
    private static readonly FieldSchema[] SourceOrder = new[]
    {
        "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi", "glusterfs", "flocker", "persistentVolumeClaim", "rbd",
        "cinder", "cephfs", "quobyte", "downwardAPI", "fc", "flexVolume", "configMap", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk",
        "storageos", "projected", "scaleIO", "csi", "ephemeral", "image",
    }.Select(static name => Volume.ApiType.Find(name)!).ToArray();

    public static void Volumes(PodSpecContext pod, FieldPath spec, FieldErrorList errors)
    {
        var volumes = pod.Spec.Volumes;
        if (volumes.Count == 0)
        {
            return;
        }

        var path = spec.Child("volumes");
        for (var i = 0; i < volumes.Count; i++)
        {
            var volume = volumes[i];
            var at = path.Index(i);
            var before = errors.Count;
            Source(volume, at, errors);
            if (volume.Name.Length == 0)
            {
                errors.Missing(at, "name");
            }
            else
            {
                var faults = Formats.DnsLabel(volume.Name);
                errors.InvalidEach(at, "name", volume.Name, faults);
                for (var j = 0; j < i && faults.Count == 0; j++)
                {
                    if (volumes[j].Name == volume.Name)
                    {
                        errors.Duplicate(at.Child("name"), volume.Name);
                        break;
                    }
                }
            }

            if (errors.Count > before)
            {
                // What mounts it does not find it.
                pod.Forget(volume);
            }
        }
    }

    private static void Source(Volume volume, FieldPath path, FieldErrorList errors)
    {
        var count = 0;
        foreach (var field in SourceOrder)
        {
            if (volume.Slots[field.Ordinal] is not ApiStruct source)
            {
                continue;
            }

            if (count++ > 0)
            {
                errors.Forbidden(path, field.Name, "may not specify more than 1 volume type");
                continue;
            }

            var at = path.Child(field.Name == "gcePersistentDisk" ? "persistentDisk" : field.Name);
            One(source, at, errors);
        }

        if (count == 0)
        {
            errors.Required(path, "must specify a volume type");
        }
    }

    private static void One(ApiStruct source, FieldPath path, FieldErrorList errors)
    {
        switch (source)
        {
            case EmptyDirVolumeSource { SizeLimit.Sign: < 0 }:
                errors.Forbidden(path, "sizeLimit", "SizeLimit field must be a valid resource quantity");
                break;
            case HostPathVolumeSource hostPath:
                VolumeSourceValidator.HostPath(hostPath, path, errors);
                break;
            case GitRepoVolumeSource git:
                VolumeSourceValidator.Given(git.Repository, path, "repository", errors);
                VolumeSourceValidator.LocalDescendingPath(git.Directory, path.Child("directory"), errors);
                break;
            case GCEPersistentDiskVolumeSource disk:
                VolumeSourceValidator.DiskPartition(disk.PdName, "pdName", disk.Partition, path, errors);
                break;
            case AWSElasticBlockStoreVolumeSource disk:
                VolumeSourceValidator.DiskPartition(disk.VolumeID, "volumeID", disk.Partition, path, errors);
                break;
            case SecretVolumeSource secret:
                VolumeSourceValidator.Given(secret.SecretName, path, "secretName", errors);
                Files(secret.DefaultMode, secret.Items, path, errors);
                break;
            case NFSVolumeSource nfs:
                VolumeSourceValidator.Nfs(nfs, path, errors);
                break;
            case ISCSIVolumeSource iscsi:
                VolumeSourceValidator.Iscsi(iscsi.TargetPortal, iscsi.Iqn, iscsi.Lun, iscsi.InitiatorName, iscsi.ChapAuthDiscovery || iscsi.ChapAuthSession, iscsi.SecretRef is not null, path, errors);
                break;
            case GlusterfsVolumeSource gluster:
                VolumeSourceValidator.Given(gluster.Endpoints, path, "endpoints", errors);
                VolumeSourceValidator.Given(gluster.Path, path, "path", errors);
                break;
            case PersistentVolumeClaimVolumeSource claim:
                VolumeSourceValidator.Given(claim.ClaimName, path, "claimName", errors);
                break;
            case RBDVolumeSource rbd:
                if (rbd.Monitors.Count == 0)
                {
                    errors.Missing(path, "monitors");
                }

                VolumeSourceValidator.Given(rbd.Image, path, "image", errors);
                break;
            case FlexVolumeSource flex:
                VolumeSourceValidator.Given(flex.Driver, path, "driver", errors);
                break;
            case CinderVolumeSource cinder:
                VolumeSourceValidator.Given(cinder.VolumeID, path, "volumeID", errors);
                if (cinder.SecretRef is { Name.Length: 0 })
                {
                    errors.Missing(path.Child("secretRef"), "name");
                }

                break;
            case CephFSVolumeSource ceph:
                if (ceph.Monitors.Count == 0)
                {
                    errors.Missing(path, "monitors");
                }

                break;
            case FlockerVolumeSource flocker:
                Flocker(flocker, path, errors);
                break;
            case DownwardAPIVolumeSource downward:
                Mode(downward.DefaultMode, path, "defaultMode", errors);
                Downward(downward.Items, path, errors);
                break;
            case FCVolumeSource fibre:
                VolumeSourceValidator.FibreChannel(fibre, path, errors);
                break;
            case AzureFileVolumeSource azure:
                VolumeSourceValidator.Given(azure.SecretName, path, "secretName", errors);
                VolumeSourceValidator.Given(azure.ShareName, path, "shareName", errors);
                break;
            case ConfigMapVolumeSource map:
                VolumeSourceValidator.Given(map.Name, path, "name", errors);
                Files(map.DefaultMode, map.Items, path, errors);
                break;
            case VsphereVirtualDiskVolumeSource vsphere:
                VolumeSourceValidator.Given(vsphere.VolumePath, path, "volumePath", errors);
                break;
            case QuobyteVolumeSource quobyte:
                VolumeSourceValidator.Given(quobyte.Registry, path, "registry", errors);
                VolumeSourceValidator.Given(quobyte.Volume, path, "volume", errors);
                break;
            case AzureDiskVolumeSource azure:
                VolumeSourceValidator.AzureDisk(azure, path, errors);
                break;
            case PortworxVolumeSource portworx:
                VolumeSourceValidator.Given(portworx.VolumeID, path, "volumeID", errors);
                break;
            case ScaleIOVolumeSource scale:
                VolumeSourceValidator.Given(scale.Gateway, path, "gateway", errors);
                VolumeSourceValidator.Given(scale.System, path, "system", errors);
                VolumeSourceValidator.Given(scale.VolumeName, path, "volumeName", errors);
                break;
            case ProjectedVolumeSource projected:
                ProjectedVolumeValidator.Validate(projected, path, errors);
                break;
            case CSIVolumeSource csi:
                VolumeSourceValidator.CsiDriverName(csi.Driver, path, "driver", errors);
                if (csi.NodePublishSecretRef is { Name.Length: 0 })
                {
                    errors.Missing(path.Child("nodePublishSecretRef"), "name");
                }

                break;
            case EphemeralVolumeSource ephemeral:
                Ephemeral(ephemeral, path, errors);
                break;
            case ImageVolumeSource image:
                errors.RequiredOneOf(path, "pullPolicy", image.PullPolicy, "Always", "IfNotPresent", "Never");
                break;
        }
    }

    public static void Mode(int? mode, FieldPath path, string field, FieldErrorList errors)
    {
        if (mode is < 0 or > FileModeMax)
        {
            errors.Invalid(path, field, mode, "must be a number between 0 and 0777 (octal), both inclusive");
        }
    }

    public static void Files(int? defaultMode, ApiList<KeyToPath> items, FieldPath path, FieldErrorList errors)
    {
        Mode(defaultMode, path, "defaultMode", errors);
        for (var i = 0; i < items.Count; i++)
        {
            KeyPath(items[i], path.Child("items").Index(i), errors);
        }
    }

    public static void KeyPath(KeyToPath item, FieldPath path, FieldErrorList errors)
    {
        VolumeSourceValidator.Given(item.Key, path, "key", errors);
        VolumeSourceValidator.Given(item.Path, path, "path", errors);
        VolumeSourceValidator.LocalNonReservedPath(item.Path, path.Child("path"), errors);
        if (item.Mode is { } mode)
        {
            Mode(mode, path, "mode", errors);
        }
    }

    public static void Downward(ApiList<DownwardAPIVolumeFile> items, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < items.Count; i++)
        {
            DownwardFile(items[i], path, errors);
        }
    }

    public static void DownwardFile(DownwardAPIVolumeFile file, FieldPath path, FieldErrorList errors)
    {
        VolumeSourceValidator.Given(file.Path, path, "path", errors);
        VolumeSourceValidator.LocalNonReservedPath(file.Path, path.Child("path"), errors);
        if (file.FieldRef is { } field)
        {
            EnvironmentValidator.FieldRef(field, path.Child("fieldRef"), errors, volume: true);
            if (file.ResourceFieldRef is not null)
            {
                errors.Invalid(path, "resource", "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
            }
        }
        else if (file.ResourceFieldRef is { } resource)
        {
            EnvironmentValidator.ResourceRef(resource, path.Child("resourceFieldRef"), errors, volume: true);
        }
        else
        {
            errors.Required(path, "one of fieldRef and resourceFieldRef is required");
        }

        if (file.Mode is { } mode)
        {
            Mode(mode, path, "mode", errors);
        }
    }

    public static bool IsTokenTime(long seconds) => seconds is >= TokenSecondsMin and <= 1L << 32;

    private static void Ephemeral(EphemeralVolumeSource source, FieldPath path, FieldErrorList errors)
    {
        if (source.VolumeClaimTemplate is not { } template)
        {
            errors.Missing(path, "volumeClaimTemplate");
            return;
        }

        var at = path.Child("volumeClaimTemplate");
        MetadataValidator.Template(template.Metadata, at.Child("metadata"), errors);
        ClaimValidator.Spec(template.Spec, at.Child("spec"), errors);
    }

    private static void Flocker(FlockerVolumeSource source, FieldPath path, FieldErrorList errors)
    {
        if (source.DatasetName.Length == 0 && source.DatasetUUID.Length == 0)
        {
            errors.Required(path, "one of datasetName and datasetUUID is required");
        }

        if (source.DatasetName.Length > 0 && source.DatasetUUID.Length > 0)
        {
            errors.Invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously");
        }

        if (source.DatasetName.Contains('/', StringComparison.Ordinal))
        {
            errors.Invalid(path, "datasetName", source.DatasetName, "must not contain '/'");
        }
    }
}
