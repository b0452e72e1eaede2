using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Protobuf;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Audit;

/// <summary>Writes audit.k8s.io/v1 events as lines of JSON, fields in upstream's order.</summary>
internal static class AuditEventWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static byte[] Write(AuditTrail trail, AuditStages stage, HttpContext context, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("kind", "Event");
            json.WriteString("apiVersion", "audit.k8s.io/v1");
            json.WriteString("level", trail.Verdict.Level.ToString());
            json.WriteString("auditID", trail.Track.AuditId);
            json.WriteString("stage", stage.ToString());
            json.WriteString("requestURI", (context.Request.Path.ToUriComponent() is { Length: > 0 } path ? path : "/") + context.Request.QueryString.ToUriComponent());
            json.WriteString("verb", trail.Info.Verb);
            json.WritePropertyName("user");
            WriteUser(json, trail.User);
            if (trail.Impersonated is { } impersonated)
            {
                json.WritePropertyName("impersonatedUser");
                WriteUser(json, impersonated);
                if (trail.ImpersonationConstraint.Length > 0)
                {
                    json.WriteStartObject("authenticationMetadata");
                    json.WriteString("impersonationConstraint", trail.ImpersonationConstraint);
                    json.WriteEndObject();
                }
            }

            WriteSource(json, context);
            WriteReference(json, trail, stage);
            if (stage != AuditStages.RequestReceived)
            {
                WriteStatus(json, trail, context);
                if (trail.Verdict.Level >= AuditLevel.Request && ToJson(trail.RequestObject, trail.Info.Verb == "patch" ? context.Request.ContentType ?? "" : "", trail.Verdict.OmitManagedFields) is { } requestObject)
                {
                    json.WritePropertyName("requestObject");
                    json.WriteRawValue(requestObject, skipInputValidation: true);
                }

                if (trail.Verdict.Level == AuditLevel.RequestResponse && stage == AuditStages.ResponseComplete
                    && ToJson(trail.Response?.Body ?? default, context.Response.ContentType ?? "", trail.Verdict.OmitManagedFields) is { } responseObject)
                {
                    json.WritePropertyName("responseObject");
                    json.WriteRawValue(responseObject, skipInputValidation: true);
                }
            }

            json.WriteString("requestReceivedTimestamp", MicroTime(trail.ReceivedAt));
            json.WriteString("stageTimestamp", MicroTime(now));
            if (stage != AuditStages.RequestReceived && trail.Annotations.Count > 0)
            {
                json.WriteStartObject("annotations");
                foreach (var (key, value) in trail.Annotations)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteUser(Utf8JsonWriter json, UserInfo? user)
    {
        json.WriteStartObject();
        if (user is not null)
        {
            if (user.Name.Length > 0)
            {
                json.WriteString("username", user.Name);
            }

            if (user.Uid.Length > 0)
            {
                json.WriteString("uid", user.Uid);
            }

            WriteTexts(json, "groups", user.Groups);
            if (user.Extra.Count > 0)
            {
                json.WriteStartObject("extra");
                foreach (var (key, values) in user.Extra)
                {
                    WriteTexts(json, key, values);
                }

                json.WriteEndObject();
            }
        }

        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static void WriteSource(Utf8JsonWriter json, HttpContext context)
    {
        // What proxies say of the client comes first; it is a claim, and the last address is the one that is known.
        var sources = context.Request.Headers["X-Forwarded-For"].SelectMany(static h => (h ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToList();
        if (context.Connection.RemoteIpAddress is { } remote && (remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote).ToString() is var address && !sources.Contains(address))
        {
            sources.Add(address);
        }

        WriteTexts(json, "sourceIPs", sources);
        if (context.Request.Headers.UserAgent.ToString() is { Length: > 0 } agent)
        {
            json.WriteString("userAgent", agent.Length > 1024 ? agent[..1024] + "...TRUNCATED" : agent);
        }
    }

    private static void WriteReference(Utf8JsonWriter json, AuditTrail trail, AuditStages stage)
    {
        var info = trail.Info;
        if (!info.IsResource)
        {
            return;
        }

        // What only the body tells is not known when the request comes.
        var metadata = stage == AuditStages.RequestReceived ? null : trail.Metadata;
        json.WriteStartObject("objectRef");
        Put("resource", info.Resource);
        Put("namespace", info.Namespace.Length > 0 ? info.Namespace : metadata?.Namespace ?? "");
        Put("name", info.Name.Length > 0 ? info.Name : metadata?.Name is { Length: > 0 } name ? name : trail.SelectedName);
        Put("uid", metadata?.Uid ?? "");
        Put("apiGroup", info.Group);
        Put("apiVersion", info.Version);
        Put("resourceVersion", metadata?.ResourceVersion ?? "");
        Put("subresource", info.Subresource);
        json.WriteEndObject();

        void Put(string name, string value)
        {
            if (value.Length > 0)
            {
                json.WriteString(name, value);
            }
        }
    }

    private static void WriteStatus(Utf8JsonWriter json, AuditTrail trail, HttpContext context)
    {
        json.WritePropertyName("responseStatus");
        if ((trail.Refusal ?? trail.Outcome) is { } refusal)
        {
            json.WriteRawValue(ApiJson.WriteToArray(refusal with { Kind = "", ApiVersion = "", Metadata = new ListMeta() }), skipInputValidation: true);
            return;
        }

        json.WriteStartObject();
        json.WriteStartObject("metadata");
        json.WriteEndObject();
        json.WriteNumber("code", context.Response.StatusCode);
        json.WriteEndObject();
    }

    /// <summary>A body in whatever encoding as JSON; null if there is none, or it is broken.</summary>
    private static byte[]? ToJson(ReadOnlyMemory<byte> body, string contentType, bool omitManagedFields)
    {
        if (body.IsEmpty)
        {
            return null;
        }

        try
        {
            var media = BodyDecoder.MediaType(contentType) ?? "";
            if (media.StartsWith("application/vnd.kubernetes.protobuf", StringComparison.Ordinal))
            {
                var envelope = ApiProtobuf.ReadEnvelope(body);
                return ApiTypes.FindKind(envelope.ApiVersion, envelope.Kind) is { } schema && ApiProtobuf.Read(schema, envelope.Raw.Span) is var decoded
                    ? Shaped(ApiJson.ReadValue(ApiJson.WriteToArray(decoded)), envelope, omitManagedFields)
                    : null;
            }

            var tree = media is "application/yaml" or "application/apply-patch+yaml" ? YamlReader.Read(body.Span, out _) : ApiJson.ReadValue(body.Span);
            return Shaped(tree, null, omitManagedFields);
        }
        catch (Exception broken) when (broken is JsonException or ApiDecodeException or FormatException)
        {
            return null;
        }
    }

    private static byte[] Shaped(object? tree, Envelope? envelope, bool omitManagedFields)
    {
        if (tree is ApiMap<object?> map)
        {
            if (envelope is { } told && !map.ContainsKey("kind"))
            {
                map = map.With("kind", told.Kind).With("apiVersion", told.ApiVersion);
            }

            tree = omitManagedFields ? WithoutManagedFields(map) : map;
        }

        return ApiJson.WriteValueToArray(tree);
    }

    private static ApiMap<object?> WithoutManagedFields(ApiMap<object?> map)
    {
        if (map.TryGetValue("metadata", out var value) && value is ApiMap<object?> metadata && metadata.ContainsKey("managedFields"))
        {
            map = map.With("metadata", metadata.Without("managedFields"));
        }

        if (map.TryGetValue("items", out var list) && list is ApiList<object?> items)
        {
            map = map.With("items", items.Select(static i => i is ApiMap<object?> item ? WithoutManagedFields(item) : i).ToApiList());
        }

        return map;
    }

    private static string MicroTime(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
}
