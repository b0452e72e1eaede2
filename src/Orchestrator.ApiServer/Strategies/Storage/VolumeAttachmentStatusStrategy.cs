using System.Text;
using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Storage;

internal sealed class VolumeAttachmentStatusStrategy() : StatusStrategy<VolumeAttachment>(StatusMetadata.All)
{
    private const int MetadataBytesMax = 256 * 1024;
    private const int MessageBytesMax = 1024;

    protected override void Check(VolumeAttachment obj, VolumeAttachment old, FieldErrorList errors)
    {
        // Upstream looks at all of a changed attachment twice: each fault is two causes.
        Status(obj.Status, errors);
        Status(obj.Status, errors);
    }

    private static void Status(VolumeAttachmentStatus status, FieldErrorList errors)
    {
        var path = FieldPath.Status;
        var size = 0L;
        foreach (var (key, value) in status.AttachmentMetadata)
        {
            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
        }

        if (size > MetadataBytesMax)
        {
            errors.TooLong(path.Child("attachmentMetadata"), MetadataBytesMax);
        }

        Error(status.AttachError, path.Child("attachError"), errors);
        Error(status.DetachError, path.Child("detachError"), errors);
    }

    private static void Error(VolumeError? error, FieldPath path, FieldErrorList errors)
    {
        if (error is null)
        {
            return;
        }

        if (Encoding.UTF8.GetByteCount(error.Message) > MessageBytesMax)
        {
            // The limit that upstream tells is that of the metadata.
            errors.TooLong(path.Child("message"), MetadataBytesMax);
        }

        if (error.ErrorCode < 0)
        {
            errors.Invalid(path, "errorCode", error.ErrorCode, $"must be between 0 and {int.MaxValue}, inclusive");
        }
    }
}
