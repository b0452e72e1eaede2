using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Strategies.Core;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Pods;
using Orchestrator.ApiServer.Validation.Storage;

namespace Orchestrator.ApiServer.Strategies.Storage;

internal sealed class VolumeAttachmentStrategy : ObjectStrategy<VolumeAttachment>
{
    private const string NotInline = "may not be specified in the context of inline volumes";

    protected override void Check(VolumeAttachment obj, FieldErrorList errors)
    {
        Spec(obj.Spec, errors);
        if (obj.Spec.Source.PersistentVolumeName is { } volume)
        {
            errors.InvalidEach(FieldPath.Root("spec.source.persistentVolumeName"), volume, Formats.DnsSubdomain(volume));
        }
    }

    protected override void CheckUpdate(VolumeAttachment obj, VolumeAttachment old, FieldErrorList errors)
    {
        // Upstream looks at all of a changed attachment twice: each fault is two causes.
        Spec(obj.Spec, errors);
        Spec(obj.Spec, errors);
        if (!Semantic.Equal(obj.Spec, old.Spec))
        {
            errors.Invalid(FieldPath.Spec, new InternalValue(obj.Spec), "field is immutable");
        }
    }

    private static void Spec(VolumeAttachmentSpec spec, FieldErrorList errors)
    {
        var path = FieldPath.Spec;
        VolumeSourceValidator.CsiDriverName(spec.Attacher, path, "attacher", errors);
        switch (spec.Source)
        {
            case { InlineVolumeSpec: null, PersistentVolumeName: null }:
                errors.Missing(path, "source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
                break;
            case { InlineVolumeSpec: not null, PersistentVolumeName: not null }:
                errors.Forbidden(path, "source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
                break;
            case { PersistentVolumeName: "" }:
                errors.Missing(path.Child("source"), "persistentVolumeName", "must specify non empty persistentVolumeName");
                break;
            case { InlineVolumeSpec: { } inline }:
                Inline(inline, path.Child("source").Child("inlineVolumeSpec"), errors);
                break;
        }

        errors.InvalidEach(path, "nodeName", spec.NodeName, Formats.DnsSubdomain(spec.NodeName));
    }

    /// <summary>A volume without an object of its own: what a CSI driver needs and nothing else.</summary>
    private static void Inline(PersistentVolumeSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.ClaimRef is not null)
        {
            errors.Forbidden(path, "claimRef", NotInline);
        }

        if (spec.Capacity.Count > 0)
        {
            errors.Forbidden(path, "capacity", NotInline);
        }

        if (spec.Csi is null)
        {
            errors.Missing(path, "csi", "has to be specified in the context of inline volumes");
        }

        if (spec.AccessModes.Count == 0)
        {
            errors.Missing(path, "accessModes");
        }

        ClaimValidator.AccessModes(spec.AccessModes, path, errors);
        if (spec.PersistentVolumeReclaimPolicy is not ("" or "Retain"))
        {
            errors.Forbidden(path, "persistentVolumeReclaimPolicy", "may only be Retain in the context of inline volumes");
        }

        if (spec.NodeAffinity is not null)
        {
            errors.Forbidden(path, "nodeAffinity", NotInline);
        }

        PersistentVolumeStrategy.VolumeSource(new PersistentVolume { Spec = spec }, path, errors);
        if (spec.StorageClassName.Length > 0)
        {
            errors.Forbidden(path, "storageClassName", NotInline);
        }

        if (spec.VolumeMode is not (null or "Filesystem"))
        {
            errors.Forbidden(path, "volumeMode", "may not specify volumeMode other than Filesystem in the context of inline volumes");
        }
    }
}
