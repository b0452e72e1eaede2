using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Storage;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class PersistentVolumeClaimStrategy : ObjectStrategy<PersistentVolumeClaim>
{
    private const string BetaClass = "volume.beta.kubernetes.io/storage-class";

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        if (obj.Metadata.Annotations.ContainsKey(BetaClass))
        {
            context.Warnings.Add($"metadata.annotations[{BetaClass}]: deprecated since v1.8; use \"storageClassName\" attribute instead");
        }

        ClaimWarnings.Add(((PersistentVolumeClaim)obj).Spec, FieldPath.Spec, context.Warnings);
    }

    protected override void Prepare(PersistentVolumeClaim obj, StrategyContext context)
    {
        obj.Set(PersistentVolumeClaim.Fields.Status, new PersistentVolumeClaimStatus { Phase = "Pending" });
        DropForeignSource(obj, null);
        DataSources(obj.Own<PersistentVolumeClaimSpec>(PersistentVolumeClaim.Fields.Spec));
    }

    protected override void PrepareUpdate(PersistentVolumeClaim obj, PersistentVolumeClaim old, StrategyContext context)
    {
        DropForeignSource(obj, old);
        DataSources(obj.Own<PersistentVolumeClaimSpec>(PersistentVolumeClaim.Fields.Spec));
    }

    protected override void Check(PersistentVolumeClaim obj, FieldErrorList errors) => ClaimValidator.Spec(obj.Spec, FieldPath.Spec, errors);

    protected override void CheckUpdate(PersistentVolumeClaim obj, PersistentVolumeClaim old, FieldErrorList errors)
    {
        // Upstream holds a changed object to the rules of a new one and then, among those of a change, again: each fault is two causes.
        Check(obj, errors);
        Check(obj, errors);
        var (spec, before) = (obj.Spec, old.Spec);
        var munged = spec;
        if (before.VolumeName.Length == 0 && spec.VolumeName.Length > 0)
        {
            munged = munged with { VolumeName = before.VolumeName };
        }

        var (now, was) = (obj.Metadata.Annotations.GetValueOrDefault(BetaClass), old.Metadata.Annotations.GetValueOrDefault(BetaClass));
        if (was is not null && before.StorageClassName is null && spec.StorageClassName == was && (now is null || now == was))
        {
            munged = munged with { StorageClassName = null };
        }
        else
        {
            if ((now ?? "") != (was ?? ""))
            {
                errors.Invalid(FieldPath.Metadata.Child("annotations").Child(BetaClass), now ?? "", "field is immutable");
            }

            if (before.StorageClassName is null && spec.StorageClassName is not null && (was is null || spec.StorageClassName == was))
            {
                munged = munged with { StorageClassName = null };
            }
        }

        if (old.Status.Phase == "Bound")
        {
            if (spec.Resources.Requests.Count > 0)
            {
                var requests = before.Resources.Requests.TryGetValue("storage", out var asked) ? spec.Resources.Requests.With("storage", asked) : spec.Resources.Requests.Without("storage");
                munged = munged with { Resources = munged.Resources with { Requests = requests } };
            }

            if (spec.VolumeAttributesClassName is not null)
            {
                munged = munged with { VolumeAttributesClassName = before.VolumeAttributesClassName };
            }
        }

        if (!Semantic.Equal(munged, before))
        {
            errors.Forbidden(FieldPath.Root("spec"), "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n" + UnifiedDiff.Of(before, munged));
        }

        // A claim may shrink again while its growth has not begun; what it has already is the least.
        var (size, oldSize) = (Storage(spec.Resources.Requests), Storage(before.Resources.Requests));
        if (size < oldSize && size <= Storage(old.Status.Capacity))
        {
            errors.Forbidden(FieldPath.Spec.Child("resources").Child("requests"), "storage", "field can not be less than status.capacity");
        }

        errors.Immutable(null, "volumeMode", spec.VolumeMode, before.VolumeMode);
        if (before.VolumeAttributesClassName is not null && string.IsNullOrEmpty(spec.VolumeAttributesClassName))
        {
            errors.Forbidden(FieldPath.Spec, "volumeAttributesClassName",
                spec.VolumeAttributesClassName is null ? "update from non-nil value to nil is forbidden" : "update from non-nil value to an empty string is forbidden");
        }
    }

    private static Quantity Storage(ApiMap<Quantity> list) => list.TryGetValue("storage", out var amount) ? amount : Quantity.FromLong(0);

    /// <summary>Sources in other namespaces are a feature that is off: the whole reference goes.</summary>
    private static void DropForeignSource(PersistentVolumeClaim claim, PersistentVolumeClaim? old)
    {
        if (claim.Spec.DataSourceRef is { Namespace.Length: > 0 } && old?.Spec.DataSourceRef is null)
        {
            claim.Own<PersistentVolumeClaimSpec>(PersistentVolumeClaim.Fields.Spec).Set(PersistentVolumeClaimSpec.Fields.DataSourceRef, null);
        }
    }

    /// <summary>The old field for a source of data and the new one say the same where they can.</summary>
    private static void DataSources(PersistentVolumeClaimSpec spec)
    {
        if (spec.DataSource is { } source && spec.DataSourceRef is null)
        {
            var known = source is { Kind: "PersistentVolumeClaim", ApiGroup: null or "" } or { Kind: "VolumeSnapshot", ApiGroup: "snapshot.storage.k8s.io" };
            if (known)
            {
                spec.Set(PersistentVolumeClaimSpec.Fields.DataSourceRef, new TypedObjectReference { ApiGroup = source.ApiGroup, Kind = source.Kind, Name = source.Name });
            }
            else
            {
                spec.Set(PersistentVolumeClaimSpec.Fields.DataSource, null);
            }
        }
        else if (spec is { DataSource: null, DataSourceRef: { Namespace: null or "" } reference })
        {
            spec.Set(PersistentVolumeClaimSpec.Fields.DataSource, new TypedLocalObjectReference { ApiGroup = reference.ApiGroup, Kind = reference.Kind, Name = reference.Name });
        }
    }
}
