using System.Text.RegularExpressions;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>The sources of volumes that pods and persistent volumes share, and the paths in them.</summary>
internal static partial class VolumeSourceValidator
{
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

    public static void HostPath(HostPathVolumeSource source, FieldPath path, FieldErrorList errors)
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

    public static void Nfs(NFSVolumeSource source, FieldPath path, FieldErrorList errors)
    {
        Given(source.Server, path, "server", errors);
        Given(source.Path, path, "path", errors);
        if (!source.Path.StartsWith('/'))
        {
            errors.Invalid(path, "path", source.Path, "must be an absolute path");
        }
    }

    public static void Iscsi(string targetPortal, string iqn, int lun, string? initiatorName, bool chap, bool hasSecret, FieldPath path, FieldErrorList errors)
    {
        Given(targetPortal, path, "targetPortal", errors);
        if (iqn.Length == 0)
        {
            errors.Missing(path, "iqn");
        }
        else
        {
            IscsiName(iqn, path, "iqn", errors);
        }

        if (lun is < 0 or > 255)
        {
            errors.Invalid(path, "lun", lun, "must be between 0 and 255, inclusive");
        }

        if (chap && !hasSecret)
        {
            errors.Missing(path, "secretRef");
        }

        if (initiatorName is not null)
        {
            IscsiName(initiatorName, path, "initiatorname", errors);
        }
    }

    public static void FibreChannel(FCVolumeSource source, FieldPath path, FieldErrorList errors)
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

    public static void DiskPartition(string id, string idField, int partition, FieldPath path, FieldErrorList errors)
    {
        Given(id, path, idField, errors);
        if (partition is < 0 or > 255)
        {
            errors.Invalid(path, "partition", partition, "must be between 1 and 255, inclusive");
        }
    }

    public static void AzureDisk(AzureDiskVolumeSource source, FieldPath path, FieldErrorList errors)
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

    private static void IscsiName(string name, FieldPath path, string field, FieldErrorList errors)
    {
        if (!name.StartsWith("iqn", StringComparison.Ordinal) && !name.StartsWith("eui", StringComparison.Ordinal) && !name.StartsWith("naa", StringComparison.Ordinal))
        {
            errors.Invalid(path, field, name, "must be valid format starting with iqn, eui, or naa");
        }
        else if (name.StartsWith("iqn", StringComparison.Ordinal) ? !Iqn().IsMatch(name) : name.StartsWith("eui", StringComparison.Ordinal) ? !Eui().IsMatch(name) : !Naa().IsMatch(name))
        {
            errors.Invalid(path, field, name, "must be valid format");
        }
    }

    [GeneratedRegex(@"^iqn\.[0-9]{4}-[0-9]{2}\.([A-Za-z0-9-.]+)(:[^,;*&$|\s]+)\z")]
    private static partial Regex Iqn();

    [GeneratedRegex(@"^eui.[A-Fa-f0-9]{16}\z")]
    private static partial Regex Eui();

    [GeneratedRegex(@"^naa.[A-Fa-f0-9]{32}\z")]
    private static partial Regex Naa();
}
