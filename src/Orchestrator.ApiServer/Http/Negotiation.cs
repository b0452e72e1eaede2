using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Http;

/// <summary>Content negotiation as upstream does it.</summary>
internal static class Negotiation
{
    private const string Accepted = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

    /// <summary>The best format that the Accept header allows.</summary>
    /// <param name="request">The request.</param>
    /// <param name="transformations">Whether Table and PartialObjectMetadata may be asked for.</param>
    /// <param name="protobuf">Whether the kind has a protobuf form.</param>
    /// <exception cref="ApiException">406.</exception>
    public static ResponseFormat Response(HttpRequest request, bool transformations = true, bool protobuf = true)
    {
        var header = request.Headers.Accept.ToString();
        var pretty = QueryFlags.Text(request.Query["pretty"]) is { Length: > 0 } asked ? asked is "1" or "t" or "T" or "true" or "TRUE" or "True" : IsBrowserLike(request.Headers.UserAgent.ToString());
        if (header is "" or "application/json" or "*/*")
        {
            return ResponseFormat.Json with { Pretty = pretty };
        }

        foreach (var range in Ranges(header))
        {
            if (Match(range, transformations, protobuf) is { } format)
            {
                return format with { Pretty = range.Parameters.TryGetValue("pretty", out var flag) ? flag == "1" : pretty };
            }
        }

        throw Errors.NotAcceptable(AcceptedText);
    }

    /// <summary>
    /// Whether a route of a built-in resource takes part at all: upstream's router compares bare media types before anything of the resource is looked at,
    /// and says so in words of its own.
    /// </summary>
    /// <exception cref="ApiException">406; for patches of other types 415.</exception>
    public static void CheckRoute(HttpRequest request, bool isList)
    {
        if (HttpMethods.IsPatch(request.Method))
        {
            CheckPatchRoute(request);
        }

        var header = request.Headers.Accept.ToString();
        if (header is "" or "application/json" or "*/*")
        {
            return;
        }

        foreach (var part in header.Split(','))
        {
            var cut = part.IndexOf(';', StringComparison.Ordinal);
            if ((cut < 0 ? part : part[..cut]).Trim() is "*/*" or "application/json" or "application/yaml" or "application/vnd.kubernetes.protobuf")
            {
                return;
            }
        }

        const string Streams = ", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";
        throw Errors.Make(406, "NotAcceptable", $"406: Not Acceptable\n\nAvailable representations: {Accepted}{(isList ? Streams : "")}", new StatusDetails());
    }

    /// <summary>Whether a patch has a type that the route of a built-in resource takes; the router compares bare types, letter by letter.</summary>
    /// <exception cref="ApiException">415.</exception>
    private static void CheckPatchRoute(HttpRequest request)
    {
        var header = request.ContentType ?? "";
        foreach (var part in header.AsSpan().Split(','))
        {
            var type = header.AsSpan(part);
            var cut = type.IndexOf(';');
            if ((cut < 0 ? type : type[..cut]).Trim()
                is "application/json-patch+json" or "application/merge-patch+json" or "application/strategic-merge-patch+json" or "application/apply-patch+yaml")
            {
                return;
            }
        }

        throw Errors.Make(415, "UnsupportedMediaType", "415: Unsupported Media Type", new StatusDetails());
    }

    /// <summary>What to say when nothing fits.</summary>
    public const string AcceptedText = "only the following media types are accepted: " + Accepted;

    private static bool IsBrowserLike(string userAgent) =>
        userAgent.StartsWith("curl", StringComparison.Ordinal) || userAgent.StartsWith("Wget", StringComparison.Ordinal) || userAgent.StartsWith("Mozilla/5.0", StringComparison.Ordinal);

    private static ResponseFormat? Match(MediaRange range, bool transformations, bool protobuf)
    {
        Encoding encoding;
        switch (range.Type)
        {
            case "application/json" or "application/*" or "*/*":
                encoding = Encoding.Json;
                break;
            case "application/yaml":
                encoding = Encoding.Yaml;
                break;
            case "application/vnd.kubernetes.protobuf" when protobuf || range.Parameters.ContainsKey("as"):
                encoding = Encoding.Protobuf;
                break;
            default:
                return null;
        }

        if (range.Parameters.GetValueOrDefault("stream") is not (null or "" or "watch") || range.Parameters.GetValueOrDefault("sv") is not (null or "" or "v1"))
        {
            return null;
        }

        // A group or a version alone asks for a transformation, too, though for none that there is.
        if (!range.Parameters.TryGetValue("as", out var shape) && !range.Parameters.ContainsKey("g") && !range.Parameters.ContainsKey("v"))
        {
            return new(encoding, Transformation.None, "v1", false);
        }

        if (!transformations || range.Parameters.GetValueOrDefault("g", "") != "meta.k8s.io")
        {
            return null;
        }

        var version = range.Parameters.GetValueOrDefault("v", "");
        if (version is not ("v1" or "v1beta1"))
        {
            return null;
        }

        Transformation? transformation = shape switch
        {
            "Table" when encoding != Encoding.Protobuf => Transformation.Table,
            "PartialObjectMetadata" => Transformation.PartialObjectMetadata,
            "PartialObjectMetadataList" => Transformation.PartialObjectMetadataList,
            _ => null,
        };
        return transformation is { } known ? new ResponseFormat(encoding, known, version, false) : null;
    }

    /// <summary>What an Accept header lists, best first.</summary>
    public static IEnumerable<MediaRange> Ranges(string header)
    {
        var ranges = new List<(MediaRange Range, double Quality, int Order)>();
        foreach (var part in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var pieces = part.Split(';', StringSplitOptions.TrimEntries);
            var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
            var quality = 1.0;
            foreach (var piece in pieces.AsSpan(1))
            {
                var cut = piece.IndexOf('=', StringComparison.Ordinal);
                if (cut < 0)
                {
                    continue;
                }

                var (name, value) = (piece[..cut].Trim(), piece[(cut + 1)..].Trim());
                if (name == "q")
                {
                    quality = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var q) ? q : 1;
                }
                else
                {
                    parameters[name] = value;
                }
            }

            ranges.Add((new(pieces[0].ToLowerInvariant(), parameters), quality, ranges.Count));
        }

        return ranges.OrderByDescending(static r => r.Quality).ThenBy(static r => r.Order).Select(static r => r.Range);
    }
}
