using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Protobuf;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Http;

/// <summary>Writes answers: stored bytes as they are where they fit, anything else encoded for the request.</summary>
internal static class Responses
{
    /// <summary>
    /// Bytes written between flushes of a long answer: two frames of HTTP/2 that fill two TLS records to the last byte, each frame's head of nine bytes
    /// included; a flush of 32 KiB would end in a third record of eighteen bytes. Not more, since Kestrel's frame writer spins on a stream that
    /// holds bytes which are written and not flushed.
    /// </summary>
    public const int FlushThreshold = (32 * 1024) - (2 * 9);

    /// <summary>Answers up to this many bytes leave together with their end; longer ones may have to wait for the client.</summary>
    private const int HeldMax = 64 * 1024;

    /// <summary>Upstream's bounds: beyond so many characters in all, each warning is cut.</summary>
    private const int WarningCharactersMax = 4 * 1024;
    private const int WarningCharactersOfCut = 256;
    private static readonly object WarningsKey = new();

    /// <summary>
    /// Writes a stored object as JSON by copying its bytes. They are left for the end of the request to send: flushed here, they would be followed by an
    /// empty frame of HTTP/2 that says no more than that they were all, in a TLS record and a system call of its own.
    /// </summary>
    public static void WriteStored(HttpContext context, int code, StoredValue value)
    {
        var revisionLength = Digits(value.ModRevision.Value);
        var json = ObjectCodec.Json(value);
        Begin(context, code, "application/json");
        context.Response.ContentLength = json.Length + revisionLength + 1;
        var output = context.Response.BodyWriter;
        Splice(output, json, ObjectCodec.Hole(value), value.ModRevision.Value);
        output.Write("\n"u8);
    }

    /// <summary>Copies an object's bytes with its resourceVersion put in.</summary>
    public static void Splice(IBufferWriter<byte> output, ReadOnlySpan<byte> json, int hole, long revision)
    {
        var span = output.GetSpan(json.Length + 20);
        json[..hole].CopyTo(span);
        System.Buffers.Text.Utf8Formatter.TryFormat(revision, span[hole..], out var digits);
        json[hole..].CopyTo(span[(hole + digits)..]);
        output.Advance(json.Length + digits);
    }

    /// <summary>Writes an object in the format that the client asked for.</summary>
    public static ValueTask WriteObjectAsync(HttpContext context, int code, ApiStruct obj, ResponseFormat format, CancellationToken cancellationToken) =>
        format.Encoding switch
        {
            Encoding.Protobuf => WriteBytesAsync(context, code, format.ContentType, ApiProtobuf.WriteEnvelope(obj), cancellationToken),
            Encoding.Yaml => WriteBytesAsync(context, code, format.ContentType, YamlText.FromJson(ApiJson.WriteToArray(obj)), cancellationToken),
            _ => WriteJsonAsync(context, code, ApiJson.WriteToArray(obj), format.Pretty, cancellationToken),
        };

    public static ValueTask WriteJsonAsync(HttpContext context, int code, byte[] json, bool pretty, CancellationToken cancellationToken)
    {
        // Indented JSON ends without a line break in upstream, other JSON with one.
        return WriteBytesAsync(context, code, "application/json", pretty ? PrettyJson.Indent(json) : [.. json, (byte)'\n'], cancellationToken);
    }

    public static async ValueTask WriteBytesAsync(HttpContext context, int code, string contentType, byte[] body, CancellationToken cancellationToken)
    {
        Begin(context, code, contentType);
        context.Response.ContentLength = body.Length;
        if (body.Length > HeldMax)
        {
            await context.Response.BodyWriter.WriteAsync(body, cancellationToken);
        }
        else if (body.Length > 0)
        {
            context.Response.BodyWriter.Write(body);
        }
    }

    public static ValueTask WriteTextAsync(HttpContext context, int code, string text, CancellationToken cancellationToken)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return WriteBytesAsync(context, code, "text/plain; charset=utf-8", System.Text.Encoding.UTF8.GetBytes(text), cancellationToken);
    }

    public static ValueTask WriteStatusAsync(HttpContext context, Status status, CancellationToken cancellationToken)
    {
        if (status.Details is { RetryAfterSeconds: > 0 } details)
        {
            context.Response.Headers.RetryAfter = details.RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        var code = status.Code == 0 ? 500 : status.Code;
        ResponseFormat format;
        try
        {
            format = Negotiation.Response(context.Request, transformations: false);
        }
        catch (ApiException)
        {
            // Who accepts nothing that we have is shown JSON for people.
            return WriteJsonAsync(context, code, ApiJson.WriteToArray(status), pretty: true, cancellationToken);
        }

        return WriteObjectAsync(context, code, status, format, cancellationToken);
    }

    /// <summary>Starts a long answer.</summary>
    public static PipeWriter Begin(HttpContext context, int code, string contentType)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = contentType;
        return context.Response.BodyWriter;
    }

    /// <summary>Flushes when enough has been written since the last time.</summary>
    public static async ValueTask<bool> FlushIfFullAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        if (output.CanGetUnflushedBytes && output.UnflushedBytes < FlushThreshold)
        {
            return false;
        }

        await output.FlushAsync(cancellationToken);
        return true;
    }

    /// <summary>Adds to the answer's Warning headers: code 299, no agent, the text quoted; the same text once. Very long lots of them are cut.</summary>
    public static void AddWarnings(HttpContext context, List<string> warnings)
    {
        if (warnings.Count == 0)
        {
            return;
        }

        var texts = context.Items[WarningsKey] as List<string> ?? [];
        context.Items[WarningsKey] = texts;
        texts.AddRange(warnings.Where(w => w.Length > 0 && !w.Any(char.IsControl) && !texts.Contains(w)).Distinct().ToArray());
        var budget = WarningCharactersMax;
        var isCut = texts.Sum(static t => t.Length) > budget;
        var headers = new List<string>(texts.Count);
        foreach (var text in texts)
        {
            if (isCut && budget <= 0)
            {
                break;
            }

            var shown = isCut && text.Length > WarningCharactersOfCut ? text[..WarningCharactersOfCut] : text;
            budget -= shown.Length;
            headers.Add("299 - " + Quote(shown));
        }

        context.Response.Headers.Warning = headers.ToArray();
    }

    public static int Digits(long value)
    {
        var digits = 1;
        while ((value /= 10) > 0)
        {
            digits++;
        }

        return digits;
    }

    /// <summary>A header's quoted-string: quotes and backslashes escaped. Warnings with control characters do not come this far.</summary>
    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
