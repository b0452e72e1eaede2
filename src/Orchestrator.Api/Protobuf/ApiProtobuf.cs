using System.Buffers.Binary;
using System.Text;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Api.Protobuf;

/// <summary>API objects in <c>application/vnd.kubernetes.protobuf</c>, straight from the tags in the tables.</summary>
public static class ApiProtobuf
{
    private const int KeptMax = 1024 * 1024;

    [ThreadStatic]
    private static byte[]? t_buffer;

    private static ReadOnlySpan<byte> Prefix => "k8s\0"u8;

    /// <summary>Whether bytes begin as an envelope does.</summary>
    public static bool IsEnvelope(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Prefix);

    /// <summary>Reads an object's message (without envelope).</summary>
    /// <exception cref="ApiDecodeException">The bytes are no message of this type.</exception>
    public static ApiStruct Read(StructSchema schema, ReadOnlySpan<byte> message) => ProtoReader.Struct(schema, message);

    /// <summary>An object's message without envelope.</summary>
    /// <exception cref="ArgumentException">A custom object.</exception>
    public static byte[] Write(ApiStruct value)
    {
        var writer = new ProtoWriter(Rent());
        writer.Struct(value);
        return Finish(writer);
    }

    /// <summary>Takes an envelope apart.</summary>
    /// <exception cref="ApiDecodeException">The bytes are no envelope; the message is upstream's.</exception>
    public static Envelope ReadEnvelope(ReadOnlyMemory<byte> body)
    {
        if (body.Length == 0)
        {
            throw new ApiDecodeException("empty data");
        }

        if (!IsEnvelope(body.Span))
        {
            throw new ApiDecodeException("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
        }

        if (body.Length == Prefix.Length)
        {
            throw new ApiDecodeException("empty body");
        }

        var content = body[Prefix.Length..];
        var (apiVersion, kind, raw) = ("", "", ReadOnlyMemory<byte>.Empty);
        var reader = new ProtoReader(content.Span);
        while (!reader.AtEnd)
        {
            var (tag, wireType) = reader.Key("Unknown");
            if (tag is > 0 and < 5)
            {
                ProtoReader.Expect(wireType, 2, tag switch { 1 => "TypeMeta", 2 => "Raw", 3 => "ContentEncoding", _ => "ContentType" });
            }

            if (tag == 1)
            {
                (apiVersion, kind) = TypeMeta(reader.Delimited());
            }
            else if (tag == 2)
            {
                var slice = reader.Delimited();
                content.Span.Overlaps(slice, out var offset);
                raw = slice.Length == 0 ? default : content.Slice(offset, slice.Length);
            }
            else
            {
                reader.Skip(wireType);
            }
        }

        return new(apiVersion, kind, raw);
    }

    /// <summary>An object with its envelope.</summary>
    public static byte[] WriteEnvelope(ApiStruct value)
    {
        var writer = new ProtoWriter(Rent());
        WriteEnvelope(ref writer, value);
        return Finish(writer);
    }

    /// <summary>A list of objects with its envelope.</summary>
    /// <param name="apiVersion">The list's version.</param>
    /// <param name="kind">The list's kind, such as PodList.</param>
    /// <param name="metadata">The list's metadata.</param>
    /// <param name="items">The objects.</param>
    public static byte[] WriteListEnvelope(string apiVersion, string kind, ListMeta metadata, IReadOnlyList<ApiObject> items)
    {
        var writer = new ProtoWriter(Rent());
        Tail(ref writer);
        var end = writer.Length;
        for (var i = items.Count - 1; i >= 0; i--)
        {
            var item = writer.Length;
            writer.Struct(items[i]);
            writer.Close(2, item);
        }

        var meta = writer.Length;
        writer.Struct(metadata);
        writer.Close(1, meta);
        writer.Close(2, end);
        Head(ref writer, apiVersion, kind);
        return Finish(writer);
    }

    /// <summary>A watch event as streams frame it: its length in four bytes, then a bare WatchEvent whose object has an envelope.</summary>
    public static byte[] WriteWatchFrame(string type, ApiStruct value)
    {
        var writer = new ProtoWriter(Rent());
        WriteEnvelope(ref writer, value);
        writer.Close(1, 0);
        writer.Close(2, 0);
        writer.Text(1, type);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, writer.Length);
        writer.Raw(length);
        return Finish(writer);
    }

    /// <summary>An embedded envelope as JSON with its kind and version.</summary>
    internal static RawJson EnvelopeToJson(ReadOnlySpan<byte> bytes)
    {
        var envelope = ReadEnvelope(bytes.ToArray());
        var schema = ApiTypes.FindKind(envelope.ApiVersion, envelope.Kind)
            ?? throw new ApiDecodeException($"no kind \"{envelope.Kind}\" is registered for version \"{envelope.ApiVersion}\"");
        var value = Read(schema, envelope.Raw.Span);
        if (schema.Find("kind") is { } kind && schema.Find("apiVersion") is { } version)
        {
            value.Slots[kind.Ordinal] = envelope.Kind;
            value.Slots[version.Ordinal] = envelope.ApiVersion;
        }

        return new RawJson(ApiJson.WriteToArray(value));
    }

    private static void WriteEnvelope(ref ProtoWriter writer, ApiStruct value)
    {
        Tail(ref writer);
        var end = writer.Length;
        writer.Struct(value);
        writer.Close(2, end);
        Head(ref writer, value.GetField("apiVersion") as string ?? "", value.GetField("kind") as string ?? "");
    }

    /// <summary>Content encoding and type, which are never told.</summary>
    private static void Tail(ref ProtoWriter writer)
    {
        writer.Text(4, "");
        writer.Text(3, "");
    }

    private static void Head(ref ProtoWriter writer, string apiVersion, string kind)
    {
        var end = writer.Length;
        writer.Text(2, kind);
        writer.Text(1, apiVersion);
        writer.Close(1, end);
        writer.Raw(Prefix);
    }

    private static (string ApiVersion, string Kind) TypeMeta(ReadOnlySpan<byte> bytes)
    {
        var (apiVersion, kind) = ("", "");
        var reader = new ProtoReader(bytes);
        while (!reader.AtEnd)
        {
            var (tag, wireType) = reader.Key("TypeMeta");
            if (tag is 1 or 2)
            {
                ProtoReader.Expect(wireType, 2, tag == 1 ? "APIVersion" : "Kind");
                var text = Encoding.UTF8.GetString(reader.Delimited());
                (apiVersion, kind) = tag == 1 ? (text, kind) : (apiVersion, text);
            }
            else
            {
                reader.Skip(wireType);
            }
        }

        return (apiVersion, kind);
    }

    private static byte[] Rent()
    {
        var buffer = t_buffer ?? new byte[16 * 1024];
        t_buffer = null;
        return buffer;
    }

    private static byte[] Finish(ProtoWriter writer)
    {
        var result = writer.Written.ToArray();
        if (writer.Buffer.Length <= KeptMax)
        {
            t_buffer = writer.Buffer;
        }

        return result;
    }
}
