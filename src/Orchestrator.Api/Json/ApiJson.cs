using System.Buffers;
using System.Text.Json;

namespace Orchestrator.Api.Json;

/// <summary>JSON of API objects, in and out, as upstream's serializer reads and writes it.</summary>
public static class ApiJson
{
    /// <summary>Deeper nesting is refused, as Go's decoder does.</summary>
    public const int MaxDepth = 10000;

    /// <summary>Reads an object of a type.</summary>
    /// <param name="schema">The type to read.</param>
    /// <param name="utf8">The JSON text.</param>
    /// <param name="issues">Takes unknown and duplicate fields; null when nobody asks.</param>
    /// <exception cref="JsonException">The text is no JSON; <see cref="GoJsonSyntax"/> finds upstream's message.</exception>
    /// <exception cref="ApiDecodeException">A value has the wrong type.</exception>
    public static ApiStruct Read(StructSchema schema, ReadOnlySpan<byte> utf8, DecodeIssues? issues = null)
    {
        var reader = new ApiJsonReader(utf8, issues);
        return reader.ReadRoot(schema);
    }

    /// <inheritdoc cref="Read(StructSchema, ReadOnlySpan{byte}, DecodeIssues?)"/>
    public static T Read<T>(ReadOnlySpan<byte> utf8, DecodeIssues? issues = null)
        where T : ApiStruct, new() => (T)Read(SchemaOf<T>.Schema, utf8, issues);

    /// <summary>Reads any JSON into a tree of <see cref="ApiMap{T}"/> and <see cref="ApiList{T}"/> of object, string, long, double, bool and null.</summary>
    /// <exception cref="JsonException">The text is no JSON.</exception>
    public static object? ReadValue(ReadOnlySpan<byte> utf8, DecodeIssues? issues = null)
    {
        var reader = new ApiJsonReader(utf8, issues);
        return reader.ReadRootValue();
    }

    public static void Write(ApiStruct value, IBufferWriter<byte> output)
    {
        var writer = new ApiJsonWriter(output);
        writer.WriteStruct(value);
        writer.Flush();
    }

    public static byte[] WriteToArray(ApiStruct value)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        Write(value, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes a slot value or a JSON tree.</summary>
    public static void WriteValue(object? value, IBufferWriter<byte> output)
    {
        var writer = new ApiJsonWriter(output);
        writer.WriteValue(value);
        writer.Flush();
    }

    /// <inheritdoc cref="WriteValue"/>
    public static byte[] WriteValueToArray(object? value)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        WriteValue(value, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private static class SchemaOf<T>
        where T : ApiStruct, new()
    {
        public static readonly StructSchema Schema = new T().TypeSchema;
    }
}
