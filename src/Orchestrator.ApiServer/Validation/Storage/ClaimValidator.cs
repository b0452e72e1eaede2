using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Storage;

/// <summary>Claims for volumes, standing alone or in templates.</summary>
internal static class ClaimValidator
{
    private static readonly string[] Modes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

    public static void Spec(PersistentVolumeClaimSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.AccessModes.Count == 0)
        {
            errors.Missing(path, "accessModes", "at least 1 access mode is required");
        }

        SelectorValidator.Validate(spec.Selector, path.Child("selector"), errors);
        AccessModes(spec.AccessModes, path, errors);
        if (!spec.Resources.Requests.TryGetValue("storage", out var storage))
        {
            errors.Required(path.Child("resources").Key("storage"));
        }
        else if (storage.Sign <= 0)
        {
            errors.Invalid(path.Child("resources").Key("storage"), storage, "must be greater than zero");
        }

        if (spec.StorageClassName is { Length: > 0 } storageClass)
        {
            errors.InvalidEach(path, "storageClassName", storageClass, Formats.DnsSubdomain(storageClass));
        }

        if (spec.VolumeMode is { } mode)
        {
            errors.OneOf(path, "volumeMode", mode, "Block", "Filesystem");
        }

        DataSources(spec, path, errors);
        if (spec.VolumeAttributesClassName is { Length: > 0 } attributes)
        {
            errors.InvalidEach(path, "volumeAttributesClassName", attributes, Formats.DnsSubdomain(attributes));
        }
    }

    /// <summary>Access modes of claims and volumes.</summary>
    public static void AccessModes(ApiList<string> modes, FieldPath path, FieldErrorList errors)
    {
        var (once, other) = (false, false);
        foreach (var mode in modes)
        {
            if (!Modes.Contains(mode))
            {
                errors.NotSupportedInOrder(path.Child("accessModes"), mode, Modes);
            }

            once |= mode == "ReadWriteOncePod";
            other |= mode != "ReadWriteOncePod" && Modes.Contains(mode);
        }

        if (once && other)
        {
            errors.Forbidden(path, "accessModes", "may not use ReadWriteOncePod with other access modes");
        }
    }

    private static void DataSources(PersistentVolumeClaimSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.DataSource is { } source)
        {
            Reference(source.ApiGroup, source.Kind, source.Name, path.Child("dataSource"), errors);
        }

        if (spec.DataSourceRef is { } reference)
        {
            Reference(reference.ApiGroup, reference.Kind, reference.Name, path.Child("dataSourceRef"), errors);
            if (reference.Namespace is { Length: > 0 } ns)
            {
                errors.InvalidEach(path.Child("dataSourceRef"), "namespace", ns, Formats.DnsLabel(ns));
            }
        }

        if (spec.DataSourceRef is { Namespace.Length: > 0 })
        {
            if (spec.DataSource is not null)
            {
                errors.Invalid(path, new Bare("{}"), "may not be specified when dataSourceRef.namespace is specified");
            }
        }
        else if (spec is { DataSource: { } a, DataSourceRef: { } b } && (a.ApiGroup != b.ApiGroup || a.Kind != b.Kind || a.Name != b.Name))
        {
            // Upstream names the claim's spec and shows the path instead of the value.
            errors.Invalid(path, new Bare("{}"), "must match dataSourceRef");
        }
    }

    private static void Reference(string? group, string kind, string name, FieldPath path, FieldErrorList errors)
    {
        if (name.Length == 0)
        {
            errors.Missing(path, "name");
        }

        if (kind.Length == 0)
        {
            errors.Missing(path, "kind");
        }

        if (string.IsNullOrEmpty(group) && kind != "PersistentVolumeClaim")
        {
            errors.Invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
        }

        if (group is { Length: > 0 })
        {
            errors.InvalidEach(path, "apiGroup", group, Formats.DnsSubdomain(group));
        }
    }
}
