using System.Net;
using System.Text;
using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>Answers from JSON.</summary>
internal static class ApiDecoder
{
    /// <summary>The type that a resource's objects, seen as <typeparamref name="T"/>, are read as.</summary>
    public static StructSchema SchemaFor<T>(ResourceInfo resource)
        where T : ApiObject
    {
        if (typeof(T) == typeof(PartialObjectMetadata))
        {
            return PartialObjectMetadata.ApiType;
        }

        return typeof(T) == typeof(ApiObject)
            ? ApiTypes.FindKind(resource.ApiVersion, resource.Kind) ?? CustomObject.ApiType
            : SchemaOf<T>.Schema;
    }

    public static T Object<T>(StructSchema schema, ReadOnlySpan<byte> json)
        where T : ApiObject => (T)ApiJson.Read(schema, json);

    /// <summary>A list: its metadata, and each item read by itself.</summary>
    public static ObjectList<T> List<T>(StructSchema schema, ReadOnlySpan<byte> json)
        where T : ApiObject
    {
        var items = new List<T>();
        var metadata = ListMeta.Empty;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ApiJson.MaxDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                reader.Read();
                metadata = (ListMeta)ApiJson.Read(ListMeta.ApiType, Value(ref reader, json));
            }
            else if (reader.ValueTextEquals("items"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartArray)
                {
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    {
                        items.Add(Object<T>(schema, Value(ref reader, json)));
                    }
                }
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return new(items, metadata.ResourceVersion, metadata.Continue, metadata.RemainingItemCount);
    }

    /// <summary>One line of a watch.</summary>
    public static WatchEvent<T> Event<T>(StructSchema schema, ReadOnlySpan<byte> json)
        where T : ApiObject
    {
        var type = "";
        ReadOnlySpan<byte> obj = default;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ApiJson.MaxDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            var isObject = reader.ValueTextEquals("object"u8);
            reader.Read();
            if (isType)
            {
                type = reader.GetString();
            }
            else if (isObject)
            {
                obj = Value(ref reader, json);
            }
            else
            {
                reader.Skip();
            }
        }

        switch (type)
        {
            case "ADDED" or "MODIFIED" or "DELETED":
                var value = Object<T>(schema, obj);
                return new(
                    type == "ADDED" ? WatchEventType.Added : type == "MODIFIED" ? WatchEventType.Modified : WatchEventType.Deleted,
                    value,
                    value.Metadata.ResourceVersion);
            case "BOOKMARK":
                var mark = (PartialObjectMetadata)ApiJson.Read(PartialObjectMetadata.ApiType, obj);
                return new(
                    WatchEventType.Bookmark,
                    null,
                    mark.Metadata.ResourceVersion,
                    InitialEventsEnd: mark.Metadata.Annotations.ContainsKey("k8s.io/initial-events-end"));
            case "ERROR":
                return new(WatchEventType.Error, null, "", (Status)ApiJson.Read(Status.ApiType, obj));
            default:
                return new(WatchEventType.Error, null, "", ClientStatus.UnreachableBecause($"the watch sent an event of the unknown type \"{type}\""));
        }
    }

    /// <summary>What an answer with an error code says, whether or not its body is a Status.</summary>
    public static Status Error(HttpStatusCode code, ReadOnlySpan<byte> body)
    {
        try
        {
            if (body.Length > 0 && body[0] == (byte)'{' && ApiJson.Read(Status.ApiType, body) is Status { Kind: "Status" } status)
            {
                return status;
            }
        }
        catch (Exception e) when (e is JsonException or ApiDecodeException)
        {
            // A proxy's error page that begins like JSON; its text goes into the message below.
        }

        return new()
        {
            Kind = "Status",
            ApiVersion = "v1",
            StatusValue = "Failure",
            Code = (int)code,
            Reason = code switch
            {
                HttpStatusCode.BadRequest => StatusReason.BadRequest,
                HttpStatusCode.Unauthorized => StatusReason.Unauthorized,
                HttpStatusCode.Forbidden => StatusReason.Forbidden,
                HttpStatusCode.NotFound => StatusReason.NotFound,
                HttpStatusCode.MethodNotAllowed => StatusReason.MethodNotAllowed,
                HttpStatusCode.Conflict => StatusReason.Conflict,
                HttpStatusCode.Gone => StatusReason.Gone,
                HttpStatusCode.TooManyRequests => StatusReason.TooManyRequests,
                HttpStatusCode.ServiceUnavailable => StatusReason.ServiceUnavailable,
                HttpStatusCode.GatewayTimeout => StatusReason.Timeout,
                _ => StatusReason.InternalError,
            },
            Message = body.Length == 0 ? $"the server answered {(int)code}" : Encoding.UTF8.GetString(body[..Math.Min(body.Length, 2048)]).Trim(),
        };
    }

    private static ReadOnlySpan<byte> Value(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }

    private static class SchemaOf<T>
        where T : ApiObject
    {
        public static readonly StructSchema Schema = Activator.CreateInstance<T>().TypeSchema;
    }
}
