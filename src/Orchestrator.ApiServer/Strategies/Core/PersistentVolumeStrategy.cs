using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Pods;
using Orchestrator.ApiServer.Validation.Storage;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class PersistentVolumeStrategy : ObjectStrategy<PersistentVolume>
{
    private static readonly int[] Sources = PersistentVolumeSpec.ApiType.FieldList
        .Where(static f => f.Kind == FieldKind.Struct && f.Name is not ("claimRef" or "nodeAffinity")).Select(static f => f.Ordinal).ToArray();

    /// <summary>The sources in the order upstream looks at them: of several the first counts, and the others are faults.</summary>
    private static readonly FieldSchema[] SourceOrder = new[]
    {
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte", "cephfs", "iscsi", "cinder", "fc", "flexVolume", "azureFile",
        "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "scaleIO", "local", "storageos", "csi",
    }.Select(static name => PersistentVolumeSpec.ApiType.Find(name)!).ToArray();

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        var spec = ((PersistentVolume)obj).Spec;
        foreach (var (key, text) in new[]
        {
            ("volume.beta.kubernetes.io/storage-class", "deprecated since v1.8; use \"storageClassName\" attribute instead"),
            ("volume.beta.kubernetes.io/mount-options", "deprecated since v1.31; use \"mountOptions\" attribute instead"),
        })
        {
            if (obj.Metadata.Annotations.ContainsKey(key))
            {
                context.Warnings.Add($"metadata.annotations[{key}]: {text}");
            }
        }

        if (spec.PersistentVolumeReclaimPolicy == "Recycle")
        {
            context.Warnings.Add("spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.");
        }

        var terms = spec.NodeAffinity?.Required?.NodeSelectorTerms ?? [];
        for (var i = 0; i < terms.Count; i++)
        {
            NodeLabelWarnings.Term(terms[i], false, FieldPath.Spec.Child("nodeAffinity").Child("required").Child("nodeSelectorTerms").Index(i), context.Warnings);
        }

        Warn(PersistentVolumeSpec.Fields.Rbd, "deprecated in v1.28, non-functional in v1.31+");
        Warn(PersistentVolumeSpec.Fields.Cephfs, "deprecated in v1.28, non-functional in v1.31+");
        Warn(PersistentVolumeSpec.Fields.Glusterfs, "deprecated in v1.25, non-functional in v1.26+");
        Warn(PersistentVolumeSpec.Fields.Quobyte, "deprecated in v1.22, non-functional in v1.25+");
        Warn(PersistentVolumeSpec.Fields.Flocker, "deprecated in v1.22, non-functional in v1.25+");
        Warn(PersistentVolumeSpec.Fields.ScaleIO, "deprecated in v1.16, non-functional in v1.22+");
        Warn(PersistentVolumeSpec.Fields.PhotonPersistentDisk, "deprecated in v1.11, non-functional in v1.16+");

        void Warn(int slot, string text)
        {
            if (spec.Slots[slot] is not null)
            {
                context.Warnings.Add($"spec.{PersistentVolumeSpec.ApiType.Fields[slot].Name}: {text}");
            }
        }
    }

    protected override void Prepare(PersistentVolume obj, StrategyContext context) =>
        obj.Set(PersistentVolume.Fields.Status, new PersistentVolumeStatus { Phase = "Pending", LastPhaseTransitionTime = context.Time.NowSeconds() });

    protected override void Check(PersistentVolume obj, FieldErrorList errors)
    {
        var (spec, path) = (obj.Spec, FieldPath.Spec);
        if (spec.AccessModes.Count == 0)
        {
            errors.Missing(path, "accessModes");
        }

        ClaimValidator.AccessModes(spec.AccessModes, path, errors);
        if (spec.Capacity.Count == 0)
        {
            errors.Missing(path, "capacity");
        }

        if (!spec.Capacity.ContainsKey("storage") || spec.Capacity.Count > 1)
        {
            errors.NotSupportedInOrder(path.Child("capacity"), spec.Capacity.Count == 0 ? null : spec.Capacity, "storage");
        }

        foreach (var (name, quantity) in spec.Capacity)
        {
            var at = path.Child("capacity").Key(name);
            if (quantity.Sign < 0)
            {
                errors.Invalid(at, quantity.Value, "must be a valid resource quantity");
            }

            if (quantity.Sign <= 0)
            {
                errors.Invalid(at, quantity, "must be greater than zero");
            }
        }

        if (spec.PersistentVolumeReclaimPolicy.Length > 0)
        {
            errors.OneOf(path, "persistentVolumeReclaimPolicy", spec.PersistentVolumeReclaimPolicy, "Delete", "Recycle", "Retain");
        }

        Affinity(spec, errors);
        VolumeSource(obj, path, errors);
        if (spec.HostPath is { Path.Length: > 0 } hostPath && hostPath.Path.All(static c => c == '/') && spec.PersistentVolumeReclaimPolicy == "Recycle")
        {
            errors.Forbidden(path, "persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'");
        }

        if (spec.StorageClassName.Length > 0)
        {
            errors.InvalidEach(path, "storageClassName", spec.StorageClassName, Formats.DnsSubdomain(spec.StorageClassName));
        }

        if (spec.VolumeMode is { } mode)
        {
            errors.OneOf(path, "volumeMode", mode, "Block", "Filesystem");
        }

        if (spec.VolumeAttributesClassName is { } attributes)
        {
            if (attributes.Length == 0)
            {
                errors.Missing(path, "volumeAttributesClassName", "an empty string is disallowed");
            }
            else
            {
                errors.InvalidEach(path, "volumeAttributesClassName", attributes, Formats.DnsSubdomain(attributes));
            }

            if (spec.Csi is null)
            {
                errors.Missing(path, "csi", "has to be specified when using volumeAttributesClassName");
            }
        }
    }

    protected override void CheckUpdate(PersistentVolume obj, PersistentVolume old, FieldErrorList errors)
    {
        // Upstream holds a changed object to the rules of a new one and then, among those of a change, again: each fault is two causes.
        Check(obj, errors);
        Check(obj, errors);
        var munged = obj.Spec;
        if (obj.Spec.Csi is { } csi && old.Spec.Csi is { ControllerExpandSecretRef: null } && csi.ControllerExpandSecretRef is not null)
        {
            munged = obj.Spec with { Csi = csi with { ControllerExpandSecretRef = null } };
        }

        if (Sources.Any(s => !Semantic.Equal(munged.Slots[s], old.Spec.Slots[s])))
        {
            var (now, before) = (PersistentVolumeSourceText.Of(munged, Sources), PersistentVolumeSourceText.Of(old.Spec, Sources));
            errors.Forbidden(FieldPath.Spec, "persistentvolumesource", "spec.persistentvolumesource is immutable after creation\n" + UnifiedDiff.Of(before, now));
        }

        errors.Immutable(null, "volumeMode", obj.Spec.VolumeMode, old.Spec.VolumeMode);
        if (old.Spec.NodeAffinity is { } affinity && !Semantic.Equal(obj.Spec.NodeAffinity, affinity))
        {
            errors.Invalid(null, "nodeAffinity", obj.Spec.NodeAffinity is null ? null : new InternalValue(obj.Spec.NodeAffinity), "field is immutable, except for updating from beta label to GA");
        }

        if (old.Spec.VolumeAttributesClassName is not null && obj.Spec.VolumeAttributesClassName is null)
        {
            errors.Forbidden(FieldPath.Spec, "volumeAttributesClassName", "update from non-nil value to nil is forbidden");
        }
    }

    private static void Affinity(PersistentVolumeSpec spec, FieldErrorList errors)
    {
        var path = FieldPath.Spec.Child("nodeAffinity");
        if (spec.NodeAffinity is { } affinity)
        {
            if (affinity.Required is { } required)
            {
                AffinityValidator.NodeSelector(required, path.Child("required"), errors);
            }
            else
            {
                errors.Missing(path, "required", "must specify required node constraints");
            }
        }
    }

    /// <summary>Exactly one source, of a volume or of the spec of one that is given inline.</summary>
    public static void VolumeSource(PersistentVolume volume, FieldPath spec, FieldErrorList errors)
    {
        var count = 0;
        foreach (var field in SourceOrder)
        {
            if (volume.Spec.Slots[field.Ordinal] is not ApiStruct source)
            {
                continue;
            }

            // Upstream does not look whether a flex volume has company.
            if (count++ > 0 && source is not FlexPersistentVolumeSource)
            {
                errors.Forbidden(spec, field.Name == "cephfs" ? "cephFS" : field.Name, "may not specify more than 1 volume type");
                continue;
            }

            One(volume, source, spec.Child(field.Name == "gcePersistentDisk" ? "persistentDisk" : field.Name), errors);
        }

        if (count == 0)
        {
            errors.Required(spec, "must specify a volume type");
        }
    }

    private static void One(PersistentVolume volume, ApiStruct source, FieldPath path, FieldErrorList errors)
    {
        switch (source)
        {
            case ISCSIPersistentVolumeSource iscsi:
                VolumeSourceValidator.Iscsi(iscsi.TargetPortal, iscsi.Iqn, iscsi.Lun, iscsi.InitiatorName, iscsi.ChapAuthDiscovery || iscsi.ChapAuthSession, iscsi.SecretRef is not null, path, errors,
                    volume.Metadata.Name, iscsi.SecretRef?.Name);
                break;
            case LocalVolumeSource local:
                if (local.Path.Length == 0)
                {
                    errors.Missing(path, "path");
                }
                else
                {
                    VolumeSourceValidator.NoBacksteps(local.Path, path.Child("path"), errors);
                }

                if (volume.Spec.NodeAffinity is null)
                {
                    errors.Missing(FieldPath.Spec, "nodeAffinity", "Local volume requires node affinity");
                }

                break;
            case CSIPersistentVolumeSource csi:
                VolumeSourceValidator.CsiDriverName(csi.Driver, path, "driver", errors);
                VolumeSourceValidator.Given(csi.VolumeHandle, path, "volumeHandle", errors);
                Secret(csi.ControllerPublishSecretRef, "controllerPublishSecretRef");
                Secret(csi.ControllerExpandSecretRef, "controllerExpandSecretRef");
                Secret(csi.NodePublishSecretRef, "nodePublishSecretRef");
                Secret(csi.NodeExpandSecretRef, "nodeExpandSecretRef");
                break;
            case RBDPersistentVolumeSource rbd:
                VolumeSourceValidator.Rbd(rbd.Monitors, rbd.Image, path, errors);
                break;
            case CephFSPersistentVolumeSource { Monitors.Count: 0 }:
                errors.Missing(path, "monitors");
                break;
            case GlusterfsPersistentVolumeSource gluster:
                VolumeSourceValidator.Given(gluster.Endpoints, path, "endpoints", errors);
                VolumeSourceValidator.Given(gluster.Path, path, "path", errors);
                if (gluster.EndpointsNamespace is { Length: 0 })
                {
                    errors.Invalid(path, "endpointsNamespace", "", "if the endpointnamespace is set, it must be a valid namespace name");
                }
                else if (gluster.EndpointsNamespace is { } ns)
                {
                    errors.InvalidEach(path, "endpointsNamespace", ns, Formats.DnsLabel(ns));
                }

                break;
            case ScaleIOPersistentVolumeSource scale:
                VolumeSourceValidator.ScaleIo(scale.Gateway, scale.System, scale.VolumeName, path, errors);
                break;
            case StorageOSPersistentVolumeSource storage:
                VolumeSourceValidator.StorageOs(storage.VolumeName, storage.VolumeNamespace, path, errors);
                if (storage.SecretRef is { } storageSecret)
                {
                    VolumeSourceValidator.Given(storageSecret.Name, path.Child("secretRef"), "name", errors);
                    VolumeSourceValidator.Given(storageSecret.Namespace, path.Child("secretRef"), "namespace", errors);
                }

                break;
            case CinderPersistentVolumeSource cinder:
                VolumeSourceValidator.Given(cinder.VolumeID, path, "volumeID", errors);
                if (cinder.SecretRef is { } cinderSecret)
                {
                    VolumeSourceValidator.Given(cinderSecret.Name, path.Child("secretRef"), "name", errors);
                    VolumeSourceValidator.Given(cinderSecret.Namespace, path.Child("secretRef"), "namespace", errors);
                }

                break;
            case FlexPersistentVolumeSource flex:
                VolumeSourceValidator.Flex(flex.Driver, flex.Options, path, errors);
                break;
            case AzureFilePersistentVolumeSource azure:
                VolumeSourceValidator.Given(azure.SecretName, path, "secretName", errors);
                VolumeSourceValidator.Given(azure.ShareName, path, "shareName", errors);
                if (azure.SecretNamespace is { Length: 0 })
                {
                    errors.Missing(path, "secretNamespace");
                }

                break;
            default:
                VolumeSourceValidator.Shared(source, path, errors);
                break;
        }

        void Secret(SecretReference? reference, string field)
        {
            if (reference is null)
            {
                return;
            }

            var at = path.Child(field);
            VolumeSourceValidator.Given(reference.Name, at, "name", errors);
            if (reference.Name.Length > 0)
            {
                errors.InvalidEach(at, "name", reference.Name, Formats.DnsSubdomain(reference.Name));
            }

            VolumeSourceValidator.Given(reference.Namespace, at, "namespace", errors);
            if (reference.Namespace.Length > 0)
            {
                errors.InvalidEach(at, "namespace", reference.Namespace, Formats.DnsLabel(reference.Namespace));
            }
        }
    }
}
