using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orchestrator.ApiServer.Http;

/// <summary>JSON indented by two spaces, as ?pretty=true wants it.</summary>
internal static class PrettyJson
{
    public static byte[] Indent(byte[] json)
    {
        var buffer = new ArrayBufferWriter<byte>(json.Length * 2);
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = Api.Json.ApiJson.MaxDepth });
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = Api.Json.ApiJson.MaxDepth }))
        {
            document.RootElement.WriteTo(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
