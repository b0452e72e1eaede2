using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation.Storage;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>Volumes of pods.</summary>
internal static class PodVolumeValidator
{
    private const int FileModeMax = 0b111_111_111;
    private const int IscsiPortalMax = 64;

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
        var podName = pod.Metadata?.Name ?? "";
        var names = new HashSet<string>();
        for (var i = 0; i < volumes.Count; i++)
        {
            var volume = volumes[i];
            var at = path.Index(i);
            var before = errors.Count;
            Source(volume, at, pod, errors);
            if (volume.Name.Length == 0)
            {
                errors.Missing(at, "name");
            }
            else
            {
                errors.InvalidEach(at, "name", volume.Name, Formats.DnsLabel(volume.Name));
            }

            if (names.Contains(volume.Name))
            {
                errors.Duplicate(at.Child("name"), volume.Name);
            }

            if (errors.Count > before)
            {
                // What mounts it does not find it.
                pod.Forget(volume);
            }
            else
            {
                names.Add(volume.Name);
            }

            if (podName.Length > 0 && volume.PersistentVolumeClaim is { } claim && volumes.Any(v => v.Ephemeral is not null && podName + "-" + v.Name == claim.ClaimName))
            {
                errors.Invalid(at.Child("persistentVolumeClaim"), "claimName", claim.ClaimName, "must not reference a PVC that gets created for an ephemeral volume");
            }
        }
    }

    private static void Source(Volume volume, FieldPath path, PodSpecContext pod, FieldErrorList errors)
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
                // Upstream spells two of them in its own way.
                errors.Forbidden(path, field.Name switch { "cephfs" => "cephFS", "downwardAPI" => "downwarAPI", _ => field.Name }, "may not specify more than 1 volume type");
            }
            else
            {
                One(source, path.Child(field.Name == "gcePersistentDisk" ? "persistentDisk" : field.Name), pod, errors);
                ClaimName(volume, path, pod, errors);
            }

            if (source is ISCSIVolumeSource { InitiatorName: not null } iscsi && (volume.Name + ":" + iscsi.TargetPortal).Length > IscsiPortalMax)
            {
                errors.Invalid(path, "name", volume.Name, VolumeSourceValidator.PortalTooLong);
            }
        }

        if (count == 0)
        {
            errors.Required(path, "must specify a volume type");
        }
    }

    /// <summary>The claim that is made for a volume has a name that must be possible.</summary>
    private static void ClaimName(Volume volume, FieldPath path, PodSpecContext pod, FieldErrorList errors)
    {
        if (volume.Ephemeral is null || pod.Metadata is not { Name.Length: > 0 } metadata || volume.Name.Length == 0)
        {
            return;
        }

        var name = metadata.Name + "-" + volume.Name;
        foreach (var fault in Formats.DnsSubdomain(name))
        {
            errors.Invalid(path, "name", volume.Name, $"PVC name {Api.Json.GoText.Quote(name)}: {fault}");
        }
    }

    private static void One(ApiStruct source, FieldPath path, PodSpecContext pod, FieldErrorList errors)
    {
        switch (source)
        {
            case EmptyDirVolumeSource { SizeLimit.Sign: < 0 }:
                errors.Forbidden(path, "sizeLimit", "SizeLimit field must be a valid resource quantity");
                break;
            case GitRepoVolumeSource git:
                VolumeSourceValidator.Given(git.Repository, path, "repository", errors);
                VolumeSourceValidator.LocalDescendingPath(git.Directory, path.Child("directory"), errors);
                break;
            case SecretVolumeSource files:
                VolumeSourceValidator.Given(files.SecretName, path, "secretName", errors);
                Files(files.DefaultMode, files.Items, path, errors);
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
                VolumeSourceValidator.Rbd(rbd.Monitors, rbd.Image, path, errors);
                break;
            case FlexVolumeSource flex:
                VolumeSourceValidator.Flex(flex.Driver, flex.Options, path, errors);
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
            case DownwardAPIVolumeSource downward:
                Mode(downward.DefaultMode, path, "defaultMode", errors);
                Downward(downward.Items, path, errors);
                break;
            case AzureFileVolumeSource azure:
                VolumeSourceValidator.Given(azure.SecretName, path, "secretName", errors);
                VolumeSourceValidator.Given(azure.ShareName, path, "shareName", errors);
                break;
            case ConfigMapVolumeSource map:
                VolumeSourceValidator.Given(map.Name, path, "name", errors);
                Files(map.DefaultMode, map.Items, path, errors);
                break;
            case StorageOSVolumeSource storage:
                VolumeSourceValidator.StorageOs(storage.VolumeName, storage.VolumeNamespace, path, errors);
                if (storage.SecretRef is { Name.Length: 0 })
                {
                    errors.Missing(path.Child("secretRef"), "name");
                }

                break;
            case ScaleIOVolumeSource scale:
                VolumeSourceValidator.ScaleIo(scale.Gateway, scale.System, scale.VolumeName, path, errors);
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
                else if (csi.NodePublishSecretRef is { } secret)
                {
                    errors.InvalidEach(path, "name", secret.Name, Formats.DnsSubdomain(secret.Name));
                }

                break;
            case EphemeralVolumeSource ephemeral:
                Ephemeral(ephemeral, path, errors);
                break;
            case ImageVolumeSource image:
                if (pod.Metadata is not null)
                {
                    VolumeSourceValidator.Given(image.Reference, path, "reference", errors);
                }

                errors.RequiredOneOf(path, "pullPolicy", image.PullPolicy, "Always", "IfNotPresent", "Never");
                break;
            default:
                VolumeSourceValidator.Shared(source, path, errors);
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
                errors.Invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
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
}
