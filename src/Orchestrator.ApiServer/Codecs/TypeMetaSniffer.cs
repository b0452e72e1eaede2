using System.Text.Json;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Codecs;

/// <summary>Reads apiVersion and kind out of a JSON object without decoding the rest.</summary>
internal static class TypeMetaSniffer
{
    private const string GoTarget = "struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }";

    /// <summary>The two fields; "" where absent or null. JSON null has neither.</summary>
    /// <exception cref="JsonException">Broken syntax before both were found.</exception>
    /// <exception cref="ApiDecodeException">Not an object, or a field that is no text; with Go's message.</exception>
    public static (string ApiVersion, string Kind) Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ApiJson.MaxDepth + 1 });
        if (!reader.Read())
        {
            throw new JsonException();
        }

        string apiVersion = "", kind = "";
        if (reader.TokenType == JsonTokenType.Null)
        {
            return (apiVersion, kind);
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            var what = Name(reader.TokenType);
            reader.Skip();
            if (reader.Read())
            {
                throw new JsonException();
            }

            throw new ApiDecodeException($"json: cannot unmarshal {what} into Go value of type {GoTarget}");
        }

        var found = 0;
        while (found < 2 && reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var isVersion = reader.ValueTextEquals("apiVersion"u8);
            var isKind = !isVersion && reader.ValueTextEquals("kind"u8);
            reader.Read();
            if (!isVersion && !isKind)
            {
                reader.Skip();
                continue;
            }

            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
            {
                var field = isVersion ? "apiVersion" : "kind";
                throw new ApiDecodeException($"json: cannot unmarshal {Name(reader.TokenType)} into Go struct field .{field} of type string");
            }

            var text = reader.TokenType == JsonTokenType.Null ? "" : Text(reader);
            if (isVersion)
            {
                apiVersion = text;
            }
            else
            {
                kind = text;
            }

            found++;
        }

        return (apiVersion, kind);
    }

    /// <summary>The same of a configuration or a review, whose faults are told by the caller.</summary>
    /// <exception cref="FormatException">They cannot be read; the message is upstream's.</exception>
    public static (string ApiVersion, string Kind) ReadChecked(ReadOnlySpan<byte> json)
    {
        try
        {
            return Read(json);
        }
        catch (Exception broken) when (broken is JsonException or ApiDecodeException)
        {
            throw new FormatException("couldn't get version/kind; json parse error: " + broken.Message);
        }
    }

    private static string Text(in Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Not valid UTF-8, or a lone surrogate: Go reads U+FFFD instead.
            return GoText.Unescape(reader.ValueSpan);
        }
    }

    private static string Name(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "object",
        JsonTokenType.StartArray => "array",
        JsonTokenType.String => "string",
        JsonTokenType.True or JsonTokenType.False => "bool",
        _ => "number",
    };
}
