using System.Text.RegularExpressions;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>The sources of volumes that pods and persistent volumes share, and the paths in them.</summary>
internal static partial class VolumeSourceValidator
{
    public const string PortalTooLong = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";

    private const string AnyIqn = "must be valid format starting with iqn, eui, or naa";

    /// <summary>A source whose type is the same in a pod and in a persistent volume; others are not looked at.</summary>
    public static void Shared(ApiStruct source, FieldPath path, FieldErrorList errors)
    {
        switch (source)
        {
            case HostPathVolumeSource hostPath:
                HostPath(hostPath, path, errors);
                break;
            case GCEPersistentDiskVolumeSource disk:
                DiskPartition(disk.PdName, "pdName", disk.Partition, path, errors);
                break;
            case AWSElasticBlockStoreVolumeSource disk:
                DiskPartition(disk.VolumeID, "volumeID", disk.Partition, path, errors);
                break;
            case NFSVolumeSource nfs:
                Nfs(nfs, path, errors);
                break;
            case FCVolumeSource fibre:
                FibreChannel(fibre, path, errors);
                break;
            case AzureDiskVolumeSource azure:
                AzureDisk(azure, path, errors);
                break;
            case FlockerVolumeSource flocker:
                Flocker(flocker, path, errors);
                break;
            case QuobyteVolumeSource quobyte:
                Quobyte(quobyte, path, errors);
                break;
            case PhotonPersistentDiskVolumeSource photon:
                Given(photon.PdID, path, "pdID", errors);
                break;
            case PortworxVolumeSource portworx:
                Given(portworx.VolumeID, path, "volumeID", errors);
                break;
            case VsphereVirtualDiskVolumeSource vsphere:
                Given(vsphere.VolumePath, path, "volumePath", errors);
                break;
        }
    }

    /// <summary>A file within a volume: relative, without <c>..</c>.</summary>
    public static void LocalDescendingPath(string value, FieldPath path, FieldErrorList errors)
    {
        if (value.StartsWith('/'))
        {
            errors.Invalid(path, value, "must be a relative path");
        }

        NoBacksteps(value, path, errors);
    }

    public static void LocalNonReservedPath(string value, FieldPath path, FieldErrorList errors)
    {
        LocalDescendingPath(value, path, errors);
        if (value.StartsWith("..", StringComparison.Ordinal) && !value.StartsWith("../", StringComparison.Ordinal))
        {
            errors.Invalid(path, value, "must not start with '..'");
        }
    }

    public static void NoBacksteps(string value, FieldPath path, FieldErrorList errors)
    {
        foreach (var range in value.AsSpan().Split('/'))
        {
            if (value.AsSpan(range) is "..")
            {
                errors.Invalid(path, value, "must not contain '..'");
                return;
            }
        }
    }

    private static void HostPath(HostPathVolumeSource source, FieldPath path, FieldErrorList errors)
    {
        if (source.Path.Length == 0)
        {
            errors.Missing(path, "path");
            return;
        }

        NoBacksteps(source.Path, path.Child("path"), errors);
        if (source.Type is { } type)
        {
            errors.OneOf(path, "type", type, "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket");
        }
    }

    private static void Nfs(NFSVolumeSource source, FieldPath path, FieldErrorList errors)
    {
        Given(source.Server, path, "server", errors);
        Given(source.Path, path, "path", errors);
        if (!source.Path.StartsWith('/'))
        {
            errors.Invalid(path, "path", source.Path, "must be an absolute path");
        }
    }

    /// <summary>An iSCSI disk; of a persistent volume where <paramref name="volumeName"/> is given.</summary>
    public static void Iscsi(
        string targetPortal, string iqn, int lun, string? initiatorName, bool chap, bool hasSecret, FieldPath path, FieldErrorList errors, string? volumeName = null, string? secretName = null)
    {
        var start = volumeName is null ? AnyIqn : "must be valid format";
        Given(targetPortal, path, "targetPortal", errors);
        if (volumeName is not null && initiatorName is not null && (volumeName + ":" + targetPortal).Length > 64)
        {
            errors.Invalid(path, "targetportal", targetPortal, PortalTooLong);
        }

        if (iqn.Length == 0)
        {
            errors.Missing(path, "iqn");
        }
        else
        {
            IscsiName(iqn, path, "iqn", start, errors);
        }

        if (lun is < 0 or > 255)
        {
            errors.Invalid(path, "lun", lun, "must be between 0 and 255, inclusive");
        }

        if (chap && !hasSecret)
        {
            errors.Missing(path, "secretRef");
        }

        if (secretName is { Length: 0 })
        {
            errors.Missing(path.Child("secretRef"), "name");
        }

        if (initiatorName is not null)
        {
            IscsiName(initiatorName, path, "initiatorname", start, errors);
        }
    }

    private static void FibreChannel(FCVolumeSource source, FieldPath path, FieldErrorList errors)
    {
        if (source.TargetWWNs.Count == 0 && source.Wwids.Count == 0)
        {
            errors.Missing(path, "targetWWNs", "must specify either targetWWNs or wwids, but not both");
        }

        if (source.TargetWWNs.Count > 0 && source.Wwids.Count > 0)
        {
            errors.Invalid(path, "targetWWNs", source.TargetWWNs, "targetWWNs and wwids can not be specified simultaneously");
        }

        if (source.TargetWWNs.Count > 0)
        {
            if (source.Lun is null)
            {
                errors.Missing(path, "lun", "lun is required if targetWWNs is specified");
            }
            else if (source.Lun is < 0 or > 255)
            {
                errors.Invalid(path, "lun", source.Lun, "must be between 0 and 255, inclusive");
            }
        }
    }

    private static void DiskPartition(string id, string idField, int partition, FieldPath path, FieldErrorList errors)
    {
        Given(id, path, idField, errors);
        if (partition is < 0 or > 255)
        {
            errors.Invalid(path, "partition", partition, "must be between 1 and 255, inclusive");
        }
    }

    private static void AzureDisk(AzureDiskVolumeSource source, FieldPath path, FieldErrorList errors)
    {
        Given(source.DiskName, path, "diskName", errors);
        Given(source.DiskURI, path, "diskURI", errors);
        if (source.CachingMode is { } mode && mode is not ("None" or "ReadOnly" or "ReadWrite"))
        {
            errors.NotSupportedInOrder(path.Child("cachingMode"), mode, "None", "ReadOnly", "ReadWrite");
        }

        if (source.Kind is { } kind && kind is not ("Dedicated" or "Managed" or "Shared"))
        {
            errors.NotSupportedInOrder(path.Child("kind"), kind, "Dedicated", "Managed", "Shared");
        }

        if (source.Kind == "Managed" && !source.DiskURI.StartsWith("/subscriptions/", StringComparison.Ordinal))
        {
            errors.NotSupportedInOrder(path.Child("diskURI"), source.DiskURI,
                "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}");
        }

        if (source.Kind is not (null or "Managed") && !source.DiskURI.StartsWith("https://", StringComparison.Ordinal))
        {
            errors.NotSupportedInOrder(path.Child("diskURI"), source.DiskURI, "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd");
        }
    }

    public static void CsiDriverName(string driver, FieldPath path, string field, FieldErrorList errors)
    {
        if (driver.Length == 0)
        {
            errors.Missing(path, field);
        }

        if (driver.Length > 63)
        {
            errors.TooLong(path.Child(field), 63);
        }

        if (driver.Length > 0)
        {
            errors.InvalidEach(path, field, driver, Formats.DnsSubdomain(driver.ToLowerInvariant()));
        }
    }

    public static void Given(string value, FieldPath path, string field, FieldErrorList errors)
    {
        if (value.Length == 0)
        {
            errors.Missing(path, field);
        }
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

    public static void Flex(string driver, ApiMap<string> options, FieldPath path, FieldErrorList errors)
    {
        Given(driver, path, "driver", errors);
        foreach (var (key, _) in options)
        {
            var slash = key.IndexOf('/', StringComparison.Ordinal);
            var owner = "." + (slash < 0 ? key : key[..slash]).ToLowerInvariant();
            if (owner.EndsWith(".kubernetes.io", StringComparison.Ordinal) || owner.EndsWith(".k8s.io", StringComparison.Ordinal))
            {
                errors.Invalid(path.Child("options").Key(key), key, "kubernetes.io and k8s.io namespaces are reserved");
            }
        }
    }

    private static void Quobyte(QuobyteVolumeSource source, FieldPath path, FieldErrorList errors)
    {
        const string Pairs = "must be a host:port pair or multiple pairs separated by commas";
        if (source.Registry.Length == 0)
        {
            errors.Missing(path, "registry", Pairs);
        }
        else if (source.Tenant.Length >= 65)
        {
            errors.Missing(path, "tenant", "must be a UUID and may not exceed a length of 64 characters");
        }
        else
        {
            foreach (var pair in source.Registry.Split(','))
            {
                if (!IsHostAndPort(pair))
                {
                    errors.Invalid(path, "registry", source.Registry, Pairs);
                }
            }
        }

        Given(source.Volume, path, "volume", errors);
    }

    public static void Rbd(ApiList<string> monitors, string image, FieldPath path, FieldErrorList errors)
    {
        if (monitors.Count == 0)
        {
            errors.Missing(path, "monitors");
        }

        Given(image, path, "image", errors);
    }

    public static void ScaleIo(string gateway, string system, string volumeName, FieldPath path, FieldErrorList errors)
    {
        Given(gateway, path, "gateway", errors);
        Given(system, path, "system", errors);
        Given(volumeName, path, "volumeName", errors);
    }

    public static void StorageOs(string volumeName, string volumeNamespace, FieldPath path, FieldErrorList errors)
    {
        if (volumeName.Length == 0)
        {
            errors.Missing(path, "volumeName");
        }
        else
        {
            errors.InvalidEach(path, "volumeName", volumeName, Formats.DnsLabel(volumeName));
        }

        if (volumeNamespace.Length > 0)
        {
            errors.InvalidEach(path, "volumeNamespace", volumeNamespace, Formats.DnsLabel(volumeNamespace));
        }
    }

    /// <summary>Whether Go's net.SplitHostPort takes it: one colon, or an address in brackets before it.</summary>
    private static bool IsHostAndPort(string pair)
    {
        var colon = pair.LastIndexOf(':');
        if (colon < 0)
        {
            return false;
        }

        var host = pair[..colon];
        if (host.StartsWith('['))
        {
            return host.EndsWith(']') && !host[1..^1].AsSpan().ContainsAny('[', ']');
        }

        return !host.AsSpan().ContainsAny(':', '[', ']') && !pair.AsSpan(colon).ContainsAny('[', ']');
    }

    private static void IscsiName(string name, FieldPath path, string field, string start, FieldErrorList errors)
    {
        if (!name.StartsWith("iqn", StringComparison.Ordinal) && !name.StartsWith("eui", StringComparison.Ordinal) && !name.StartsWith("naa", StringComparison.Ordinal))
        {
            errors.Invalid(path, field, name, start);
        }
        else if (name.StartsWith("iqn", StringComparison.Ordinal) ? !Iqn().IsMatch(name) : name.StartsWith("eui", StringComparison.Ordinal) ? !Eui().IsMatch(name) : !Naa().IsMatch(name))
        {
            errors.Invalid(path, field, name, "must be valid format");
        }
    }

    [GeneratedRegex(@"iqn\.[0-9]{4}-[0-9]{2}\.([A-Za-z0-9-.]+)(:[^,;*&$|\s]+)\z")]
    private static partial Regex Iqn();

    [GeneratedRegex(@"^eui.[A-Za-z0-9]{16}\z")]
    private static partial Regex Eui();

    [GeneratedRegex(@"^naa.[A-Za-z0-9]{32}\z")]
    private static partial Regex Naa();
}
