using System.Buffers;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Watching;

/// <summary>The JSON lines of a watch. An event's line is made once and shared by all who watch it in its natural type.</summary>
internal static class EventFrames
{
    /// <summary>The line of an event as it happened (ADDED, MODIFIED or DELETED), for watchers whose selector changes nothing.</summary>
    public static byte[] Natural(ChangeEvent change)
    {
        if (change.Encoded is byte[] ready)
        {
            return ready;
        }

        var frame = Frame(
            change.Kind switch { ChangeKind.Created => "ADDED", ChangeKind.Modified => "MODIFIED", _ => "DELETED" },
            ObjectCodec.Json(change.Value),
            ObjectCodec.Hole(change.Value),
            change.Revision.Value);
        change.Encoded = frame;
        return frame;
    }

    /// <summary>A line of a stored object with a given revision.</summary>
    public static byte[] Frame(string type, ReadOnlySpan<byte> json, int hole, long revision)
    {
        var buffer = new ArrayBufferWriter<byte>(json.Length + 64);
        Begin(buffer, type);
        Responses.Splice(buffer, json, hole, revision);
        buffer.Write("}\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A line of any object.</summary>
    public static byte[] Frame(string type, ApiStruct obj)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        Begin(buffer, type);
        ApiJson.Write(obj, buffer);
        buffer.Write("}\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>An object that carries a revision and nothing else.</summary>
    public static ApiObject Bookmark(ServedResource resource, Revision revision, bool endsInitialEvents)
    {
        var obj = (ApiObject)resource.Schema.Create();
        obj.Slots[ApiObject.KindSlot] = resource.Info.Kind;
        obj.Slots[ApiObject.ApiVersionSlot] = resource.Info.ApiVersion;
        var metadata = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
        metadata.Slots[ObjectMeta.Fields.ResourceVersion] = revision.ToString();
        if (endsInitialEvents)
        {
            metadata.OwnMap<string>(ObjectMeta.Fields.Annotations).SetSlot("k8s.io/initial-events-end", "true");
        }

        return obj;
    }

    private static void Begin(ArrayBufferWriter<byte> buffer, string type)
    {
        buffer.Write("{\"type\":\""u8);
        var span = buffer.GetSpan(type.Length);
        buffer.Advance(System.Text.Encoding.ASCII.GetBytes(type, span));
        buffer.Write("\",\"object\":"u8);
    }
}
