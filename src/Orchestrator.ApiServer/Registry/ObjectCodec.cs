using System.Buffers;
using System.Buffers.Binary;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.CustomResources;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Registry;

/// <summary>
/// Between objects and the store's bytes. A payload is the object's JSON with an empty resourceVersion, followed by four bytes (little
/// endian) that tell where its digits belong: the revision is known only once the bytes are committed, and answers splice it in.
/// </summary>
internal sealed class ObjectCodec(ResourceRegistry registry) : IAttachmentFactory
{
    private const int TrailerSize = 4;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_buffer;

    /// <summary>The JSON of a stored value, without its trailer.</summary>
    public static ReadOnlySpan<byte> Json(StoredValue value) => value.Payload.Span[..^TrailerSize];

    /// <inheritdoc cref="Json"/>
    public static ReadOnlyMemory<byte> JsonMemory(StoredValue value) => value.Payload[..^TrailerSize];

    /// <summary>Where a value's resourceVersion belongs in its JSON.</summary>
    public static int Hole(StoredValue value) => BinaryPrimitives.ReadInt32LittleEndian(value.Payload.Span[^TrailerSize..]);

    /// <summary>The object of a stored value, perhaps without its resourceVersion; shared, never changed.</summary>
    public ApiObject Stored(StoredValue value) => (ApiObject)value.GetOrCreateAttachment(this);

    /// <summary>The object of a stored value with its resourceVersion; shared, never changed.</summary>
    public ApiObject Read(StoredValue value)
    {
        var obj = Stored(value);
        var metadata = (ObjectMeta)obj.Slots[ApiObject.MetadataSlot]!;

        // Whoever comes first fills it in; all would write the same text.
        metadata.Slots[ObjectMeta.Fields.ResourceVersion] ??= value.ModRevision.ToString();
        return obj;
    }

    /// <summary>An object's bytes for a commit. The object, which becomes their attachment, belongs to the store from now on.</summary>
    public static ReadOnlyMemory<byte> Encode(ApiObject obj)
    {
        obj.Own<ObjectMeta>(ApiObject.MetadataSlot).Slots[ObjectMeta.Fields.ResourceVersion] = null;
        var buffer = t_buffer ??= new ArrayBufferWriter<byte>(16 * 1024);
        buffer.ResetWrittenCount();
        var writer = new ApiJsonWriter(buffer) { LeaveHole = true };
        writer.WriteStruct(obj);
        writer.Flush();
        var payload = new byte[buffer.WrittenCount + TrailerSize];
        buffer.WrittenSpan.CopyTo(payload);
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(buffer.WrittenCount), writer.HoleOffset);
        SharedParts.Share(obj);
        if (obj is CustomObject custom)
        {
            CustomResourceStrategy.SetContent(custom, StoredNumbers.Settle(custom.Content));
        }

        return payload;
    }

    /// <summary>The plain JSON of a stored value with its resourceVersion in place.</summary>
    public static byte[] ToJson(StoredValue value)
    {
        var json = Json(value);
        var hole = Hole(value);
        var revision = value.ModRevision.ToString();
        var result = new byte[json.Length + revision.Length];
        json[..hole].CopyTo(result);
        System.Text.Encoding.ASCII.GetBytes(revision, result.AsSpan(hole));
        json[hole..].CopyTo(result.AsSpan(hole + revision.Length));
        return result;
    }

    object IAttachmentFactory.Create(StoredValue value)
    {
        var schema = registry.StorageSchema(value.Key.Collection);
        var obj = (ApiObject)ApiJson.Read(schema, Json(value));
        var metadata = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
        foreach (var entry in metadata.ManagedFields)
        {
            if (entry.Slots[ManagedFieldsEntry.Fields.FieldsV1] is RawJson fields)
            {
                entry.Slots[ManagedFieldsEntry.Fields.FieldsV1] = SharedFields.Of(fields);
            }
        }

        SharedParts.Share(obj);
        return obj;
    }
}
