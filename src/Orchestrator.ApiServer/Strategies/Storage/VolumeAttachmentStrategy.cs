using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Strategies.Storage;

internal sealed class VolumeAttachmentStrategy : ObjectStrategy<VolumeAttachment>
{
    protected override void Check(VolumeAttachment obj, FieldErrorList errors)
    {
        var (spec, path) = (obj.Spec, FieldPath.Spec);
        VolumeSourceValidator.CsiDriverName(spec.Attacher, path, "attacher", errors);
        if (spec.Source is { InlineVolumeSpec: null, PersistentVolumeName: null or "" })
        {
            errors.Missing(path, "source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
        }

        if (spec.Source is { InlineVolumeSpec: not null, PersistentVolumeName: not null })
        {
            errors.Forbidden(path, "source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
        }

        errors.InvalidEach(path, "nodeName", spec.NodeName, Formats.DnsSubdomain(spec.NodeName));
    }

    protected override void CheckUpdate(VolumeAttachment obj, VolumeAttachment old, FieldErrorList errors)
    {
        Check(obj, errors);
        if (!Semantic.Equal(obj.Spec, old.Spec))
        {
            errors.Invalid(FieldPath.Spec, new InternalValue(obj.Spec), "field is immutable");
        }
    }
}
