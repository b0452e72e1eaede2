using System.Text.Json;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Codecs;

/// <summary>Finds out what a JSON body claims to be, without decoding it.</summary>
internal static class TypeMetaSniffer
{
    private const string GoStruct = """struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }""";

    /// <summary>The body's apiVersion and kind, "" where it has none. Stops reading when it has both, so what follows may still be broken.</summary>
    /// <exception cref="JsonException">The text is no JSON; <see cref="GoJsonSyntax"/> has the message.</exception>
    /// <exception cref="ApiDecodeException">The body is no object, or one of the fields no text.</exception>
    public static (string ApiVersion, string Kind) Read(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = ApiJson.MaxDepth });
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return ("", "");
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Mismatch(body, ref reader, $"Go value of type {GoStruct}");
        }

        string? apiVersion = null;
        string? kind = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var isVersion = reader.ValueTextEquals("apiVersion"u8);
            var isKind = !isVersion && reader.ValueTextEquals("kind"u8);
            reader.Read();
            if (!isVersion && !isKind)
            {
                reader.Skip();
                continue;
            }

            var text = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString(),
                JsonTokenType.Null => "",
                _ => throw Mismatch(body, ref reader, $"Go struct field .{(isVersion ? "apiVersion" : "kind")} of type string"),
            };
            (apiVersion, kind) = isVersion ? (text, kind) : (apiVersion, text);
            if (apiVersion is not null && kind is not null)
            {
                break;
            }
        }

        return (apiVersion ?? "", kind ?? "");
    }

    private static Exception Mismatch(ReadOnlySpan<byte> body, ref Utf8JsonReader reader, string what)
    {
        // Go scans the whole text before it looks at types.
        if (GoJsonSyntax.TryDescribe(body) is { } broken)
        {
            return new JsonException(broken);
        }

        var found = reader.TokenType switch
        {
            JsonTokenType.StartArray => "array",
            JsonTokenType.StartObject => "object",
            JsonTokenType.String => "string",
            JsonTokenType.Number => "number",
            _ => "bool",
        };
        return new ApiDecodeException($"json: cannot unmarshal {found} into {what}");
    }
}
