using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Strategies;

namespace Orchestrator.ApiServer.Validation;

/// <summary>ObjectMeta of every kind.</summary>
internal static class MetadataValidator
{
    private const int AnnotationBytesMax = 256 * 1024;
    private const int ManagerBytesMax = 128;
    private const int SubresourceBytesMax = 256;

    /// <summary>All of the metadata of a new object.</summary>
    /// <param name="meta">What is checked.</param>
    /// <param name="namespaced">Whether the kind lives in namespaces.</param>
    /// <param name="nameFormat">The kind's format of names.</param>
    /// <param name="path">Where the metadata stands; null for <c>metadata</c> of the object.</param>
    /// <param name="errors">Takes the faults.</param>
    public static void Validate(ObjectMeta meta, bool namespaced, Func<string, IReadOnlyList<string>> nameFormat, FieldErrorList errors, FieldPath? path = null)
    {
        path ??= FieldPath.Metadata;
        if (meta.GenerateName.Length > 0)
        {
            errors.InvalidEach(path, "generateName", meta.GenerateName, nameFormat(MaskTrailingDash(meta.GenerateName)));
        }

        if (meta.Name.Length == 0)
        {
            errors.Missing(path, "name", "name or generateName is required");
        }
        else
        {
            errors.InvalidEach(path, "name", meta.Name, nameFormat(meta.Name));
        }

        if (namespaced)
        {
            if (meta.Namespace.Length == 0)
            {
                errors.Missing(path, "namespace");
            }
            else
            {
                errors.InvalidEach(path, "namespace", meta.Namespace, Formats.DnsLabel(meta.Namespace));
            }
        }
        else if (meta.Namespace.Length > 0)
        {
            errors.Forbidden(path, "namespace", "not allowed on this type");
        }

        errors.NonNegative(path, "generation", meta.Generation);
        Labels(meta.Labels, path, "labels", errors);
        Annotations(meta.Annotations, path, "annotations", errors);
        OwnerReferences(meta.OwnerReferences, path, errors);
        Finalizers(meta.Finalizers, path, errors);
        ManagedFields(meta.ManagedFields, path, errors);
    }

    /// <summary>Finalizers without a domain must be those that Kubernetes knows; built-in kinds only.</summary>
    public static void StandardFinalizers(ObjectMeta meta, FieldErrorList errors, FieldPath? path = null)
    {
        for (var i = 0; i < meta.Finalizers.Count; i++)
        {
            if (!IsStandardFinalizer(meta.Finalizers[i]))
            {
                errors.Invalid((path ?? FieldPath.Metadata).Child("finalizers").Index(i), meta.Finalizers[i], "name is neither a standard finalizer name nor is it fully qualified");
            }
        }
    }

    /// <summary>What may not change in the metadata, and the form of what may.</summary>
    public static void ValidateUpdate(ObjectMeta meta, ObjectMeta old, FieldErrorList errors)
    {
        var path = FieldPath.Metadata;
        if (old.DeletionTimestamp is not null)
        {
            var added = meta.Finalizers.Where(f => !old.Finalizers.Contains(f)).Distinct().Order(StringComparer.Ordinal).ToArray();
            if (added.Length > 0)
            {
                errors.Forbidden(path, "finalizers", "no new finalizers can be added if the object is being deleted, found new finalizers []string{"
                    + string.Join(", ", added.Select(Api.Json.GoText.Quote)) + "}");
            }
        }

        if (meta.ResourceVersion.Length == 0)
        {
            errors.Invalid(path, "resourceVersion", "", "must be specified for an update");
        }

        if (meta.Generation < old.Generation)
        {
            errors.Invalid(path, "generation", meta.Generation, "must not be decremented");
        }

        errors.Immutable(path, "name", meta.Name, old.Name);
        errors.Immutable(path, "namespace", meta.Namespace, old.Namespace);
        errors.Immutable(path, "uid", meta.Uid, old.Uid);
        errors.Immutable(path, "creationTimestamp", meta.CreationTimestamp, old.CreationTimestamp);
        errors.Immutable(path, "deletionTimestamp", meta.DeletionTimestamp, old.DeletionTimestamp);
        if (meta.DeletionGracePeriodSeconds != old.DeletionGracePeriodSeconds)
        {
            errors.Invalid(path, "deletionGracePeriodSeconds", meta.DeletionGracePeriodSeconds, "field is immutable");
        }

        Labels(meta.Labels, path, "labels", errors);
        Annotations(meta.Annotations, path, "annotations", errors);
        OwnerReferences(meta.OwnerReferences, path, errors);
        ManagedFields(meta.ManagedFields, path, errors);
    }

    /// <summary>The metadata of a template for objects that get their names elsewhere: labels and annotations, nothing else.</summary>
    public static void Template(ObjectMeta meta, FieldPath path, FieldErrorList errors)
    {
        Annotations(meta.Annotations, path, "annotations", errors);
        Labels(meta.Labels, path, "labels", errors);
        foreach (var field in meta.TypeSchema.Fields)
        {
            if (field.Ordinal is not (ObjectMeta.Fields.Labels or ObjectMeta.Fields.Annotations) && meta.Slots[field.Ordinal] is not null)
            {
                errors.Forbidden(path, char.ToLowerInvariant(field.GoField[0]) + field.GoField[1..], "cannot be set");
            }
        }
    }

    /// <summary>The metadata of a changed object, as often as upstream looks at it: once for all kinds, and then in the kind's own validation.</summary>
    public static void ValidateUpdate(
        ObjectMeta meta, ObjectMeta old, bool namespaced, Func<string, IReadOnlyList<string>> nameFormat, MetadataRounds rounds, bool checksFinalizers, FieldErrorList errors)
    {
        // Metadata is hardly ever wrong: one pass tells that.
        var trial = new FieldErrorList();
        ValidateUpdate(meta, old, trial);
        Finalizers(meta.Finalizers, FieldPath.Metadata, trial);
        checksFinalizers &= rounds.Changes + rounds.Wholes > 0;
        if (checksFinalizers)
        {
            StandardFinalizers(meta, trial);
        }

        if (trial.Count == 0)
        {
            return;
        }

        Validate(meta, namespaced, static _ => [], errors);
        ValidateUpdate(meta, old, errors);
        for (var i = 0; i < rounds.Changes + rounds.Wholes; i++)
        {
            if (i < rounds.Wholes)
            {
                Validate(meta, namespaced, nameFormat, errors);
            }
            else
            {
                ValidateUpdate(meta, old, errors);
            }

            if (checksFinalizers)
            {
                StandardFinalizers(meta, errors);
            }
        }
    }

    public static void Labels(ApiMap<string> labels, FieldPath? parent, string child, FieldErrorList errors)
    {
        foreach (var (key, value) in labels)
        {
            errors.InvalidEach(parent, child, key, Formats.QualifiedName(key));
            errors.InvalidEach(parent, child, value, Formats.LabelValue(value));
        }
    }

    public static void Annotations(ApiMap<string> annotations, FieldPath parent, string child, FieldErrorList errors)
    {
        if (annotations.Count == 0)
        {
            return;
        }

        long size = 0;
        foreach (var (key, value) in annotations)
        {
            if (!Formats.IsQualifiedName(key))
            {
                errors.InvalidEach(parent, child, key, Formats.QualifiedName(key.ToLowerInvariant()));
            }

            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
        }

        if (size > AnnotationBytesMax)
        {
            errors.TooLong(parent.Child(child), AnnotationBytesMax);
        }
    }

    public static void Finalizers(ApiList<string> finalizers, FieldPath path, FieldErrorList errors)
    {
        var orphan = false;
        var foreground = false;
        foreach (var finalizer in finalizers)
        {
            errors.InvalidEach(path, "finalizers", finalizer, Formats.QualifiedName(finalizer));
            orphan |= finalizer == "orphan";
            foreground |= finalizer == "foregroundDeletion";
        }

        if (orphan && foreground)
        {
            errors.Invalid(path, "finalizers", finalizers, "finalizer orphan and foregroundDeletion cannot be both set");
        }
    }

    public static bool IsStandardFinalizer(string finalizer) =>
        finalizer is "kubernetes" or "orphan" or "foregroundDeletion" || finalizer.Contains('/', StringComparison.Ordinal);

    private static void OwnerReferences(ApiList<OwnerReference> references, FieldPath path, FieldErrorList errors)
    {
        if (references.Count == 0)
        {
            return;
        }

        var listPath = path.Child("ownerReferences");
        string? controller = null;
        for (var i = 0; i < references.Count; i++)
        {
            var reference = references[i];
            OwnerReference(reference, listPath, errors);
            if (reference.Controller == true)
            {
                if (controller is not null)
                {
                    errors.Invalid(
                        listPath, references,
                        $"Only one reference can have Controller set to true. Found \"true\" in references for {controller} and {reference.Kind}/{reference.Name}");
                }
                else
                {
                    controller = reference.Kind + "/" + reference.Name;
                }
            }
        }
    }

    private static void OwnerReference(OwnerReference reference, FieldPath path, FieldErrorList errors)
    {
        var version = reference.ApiVersion[(reference.ApiVersion.IndexOf('/', StringComparison.Ordinal) + 1)..];
        if (version.Length == 0 || version.Contains('/', StringComparison.Ordinal))
        {
            errors.Invalid(path, "apiVersion", reference.ApiVersion, "version must not be empty");
        }

        if (reference.Kind.Length == 0)
        {
            errors.Invalid(path, "kind", reference.Kind, "must not be empty");
        }

        if (reference.Name.Length == 0)
        {
            errors.Invalid(path, "name", reference.Name, "must not be empty");
        }

        if (reference.Uid.Length == 0)
        {
            errors.Invalid(path, "uid", reference.Uid, "must not be empty");
        }

        if (reference is { Kind: "Event", ApiVersion: "v1" })
        {
            errors.Invalid(path, reference, "/v1, Kind=Event is disallowed from being an owner");
        }
    }

    private static void ManagedFields(ApiList<ManagedFieldsEntry> entries, FieldPath parent, FieldErrorList errors)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            if (entry is { Operation: "Apply" or "Update", FieldsType: "" or "FieldsV1" } && entry.Manager.Length <= ManagerBytesMax / 3 && entry.Subresource.Length <= SubresourceBytesMax / 3
                && !entry.Manager.Any(char.IsControl))
            {
                continue;
            }

            var path = parent.Child("managedFields").Index(i);
            if (entry.Operation is not ("Apply" or "Update"))
            {
                errors.Invalid(path, "operation", entry.Operation, "must be `Apply` or `Update`");
            }

            if (entry.FieldsType is not ("" or "FieldsV1"))
            {
                errors.Invalid(path, "fieldsType", entry.FieldsType, "must be `FieldsV1`");
            }

            if (Encoding.UTF8.GetByteCount(entry.Manager) > ManagerBytesMax)
            {
                errors.TooLong(path.Child("manager"), ManagerBytesMax);
            }

            for (var c = 0; c < entry.Manager.Length; c++)
            {
                if (char.IsControl(entry.Manager[c]))
                {
                    errors.Invalid(path, "manager", entry.Manager, $"invalid character U+{(int)entry.Manager[c]:X4} (at position {c})");
                }
            }

            if (Encoding.UTF8.GetByteCount(entry.Subresource) > SubresourceBytesMax)
            {
                errors.TooLong(path.Child("subresource"), SubresourceBytesMax);
            }
        }
    }

    /// <summary>A prefix may end with a dash, since characters follow it.</summary>
    private static string MaskTrailingDash(string prefix) => prefix.Length > 1 && prefix[^1] == '-' ? prefix[..^2] + "a" : prefix;
}
