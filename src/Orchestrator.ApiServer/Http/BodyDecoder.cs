using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Protobuf;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.CustomResources;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Http;

/// <summary>From a request's body to a defaulted object of the expected kind, with upstream's refusals and warnings.</summary>
internal static class BodyDecoder
{
    /// <summary>Decodes an object of the kind that the resource or its subresource takes.</summary>
    /// <exception cref="ApiException">400 or 415.</exception>
    public static ApiObject Decode(RequestScope scope, byte[] body, string contentType, StructSchema schema, string apiVersion, string kind)
    {
        var obj = MediaType(contentType) switch
        {
            "application/yaml" => Json(scope, YamlToJson(scope, body, kind, out var yamlIssues), schema, apiVersion, kind, yamlIssues, body),
            "application/vnd.kubernetes.protobuf" => Protobuf(scope, body, schema, apiVersion, kind),
            "" or "application/json" => Json(scope, body, schema, apiVersion, kind, null),
            _ => throw Errors.UnsupportedMediaType("the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf"),
        };
        scope.Audit?.Requested(obj);
        return obj;
    }

    /// <summary>The media type of a body; "" where none is given, null where the header is none.</summary>
    public static string? MediaType(string contentType) => contentType is "" or "application/json" ? contentType : GoMediaType.Parse(contentType);

    /// <summary>Refuses or warns of fields that were unknown or given twice.</summary>
    public static void Report(RequestScope scope, IReadOnlyList<string> issues, string apiVersion, string kind)
    {
        if (issues.Count == 0 || scope.FieldValidation == "Ignore")
        {
            return;
        }

        if (scope.FieldValidation == "Strict")
        {
            throw DecodeErrors.CannotBeHandled(apiVersion, kind, kind, "strict decoding error: " + string.Join(", ", issues));
        }

        // Of YAML only the lines are told.
        scope.Warnings.AddRange(issues.SelectMany(static i =>
            i.StartsWith(YamlReader.FaultsHead, StringComparison.Ordinal) ? i[YamlReader.FaultsHead.Length..].Split("\n  ") : [i]));
    }

    private static ApiObject Json(RequestScope scope, byte[] body, StructSchema schema, string apiVersion, string kind, IReadOnlyList<string>? earlierIssues, byte[]? given = null)
    {
        if (scope.Resource.Custom is { } version && ReferenceEquals(schema, CustomObject.ApiType))
        {
            return CustomBodies.Decode(scope, version, body, given ?? body, earlierIssues);
        }

        // 1. Whose body is it? Without kind and version it is taken for what the path says.
        var (givenVersion, givenKind) = Sniff(body, kind, given ?? body);
        var effectiveVersion = givenVersion.Length == 0 ? apiVersion : givenVersion;
        var effectiveKind = givenKind.Length == 0 ? kind : givenKind;
        if (effectiveVersion.Count(static c => c == '/') > 1)
        {
            throw DecodeErrors.Unrecognized(kind, "unexpected GroupVersion string: " + effectiveVersion, given ?? body);
        }

        if (effectiveKind != kind || effectiveVersion != apiVersion)
        {
            throw Mismatch(scope, body, apiVersion, kind, effectiveVersion, effectiveKind);
        }

        // 2. The object.
        var issues = scope.FieldValidation == "Ignore" ? null : new DecodeIssues();
        ApiObject obj;
        try
        {
            obj = (ApiObject)ApiJson.Read(schema, body, issues);
        }
        catch (JsonException)
        {
            throw DecodeErrors.Unrecognized(kind, "couldn't get version/kind; json parse error: " + GoJsonSyntax.Describe(body), body);
        }
        catch (ApiDecodeException error)
        {
            // Broken syntax further on is found first by upstream, which scans the whole text before it decodes.
            throw GoJsonSyntax.TryDescribe(body) is { } syntax
                ? DecodeErrors.Unrecognized(kind, "couldn't get version/kind; json parse error: " + syntax, body)
                : DecodeErrors.CannotBeHandled(apiVersion, kind, kind, error.Message);
        }

        if (issues is not null)
        {
            // YAML reaches upstream's decoder by way of a map, whose keys are sorted.
            Report(scope, earlierIssues is null ? issues.Messages : [.. earlierIssues, .. issues.Messages.Order(StringComparer.Ordinal)], apiVersion, kind);
        }

        Defaulting.Apply(obj);
        return obj;
    }

    private static ApiException Mismatch(RequestScope scope, byte[] body, string apiVersion, string kind, string givenVersion, string givenKind)
    {
        var foreign = ApiTypes.FindKind(givenVersion, givenKind);
        if (foreign is null)
        {
            if (MachineryKinds.IsRegistered(givenVersion, givenKind))
            {
                return DecodeErrors.UnknownConversion(givenVersion, givenKind, apiVersion, kind);
            }

            // A version that was served once is still known, and told apart from a kind nobody knows.
            return givenKind == kind && MachineryKinds.WasServed(givenVersion, givenKind)
                ? DecodeErrors.VersionMismatch(givenVersion, apiVersion)
                : DecodeErrors.NotRegistered(givenVersion, givenKind, kind);
        }

        try
        {
            ApiJson.Read(foreign, body);
        }
        catch (ApiDecodeException error)
        {
            return DecodeErrors.CannotBeHandled(givenVersion, givenKind, kind, error.Message);
        }
        catch (JsonException)
        {
            return DecodeErrors.Unrecognized(kind, "couldn't get version/kind; json parse error: " + GoJsonSyntax.Describe(body), body);
        }

        return givenKind == kind && givenVersion != apiVersion
            ? DecodeErrors.VersionMismatch(givenVersion, apiVersion)
            : DecodeErrors.UnknownConversion(givenVersion, givenKind, apiVersion, kind);
    }

    private static (string ApiVersion, string Kind) Sniff(byte[] body, string expectedKind, byte[] given)
    {
        try
        {
            return TypeMetaSniffer.Read(body);
        }
        catch (JsonException)
        {
            throw DecodeErrors.Unrecognized(expectedKind, "couldn't get version/kind; json parse error: " + GoJsonSyntax.Describe(body), given);
        }
        catch (ApiDecodeException error)
        {
            throw DecodeErrors.Unrecognized(expectedKind, "couldn't get version/kind; json parse error: " + error.Message, given);
        }
    }

    private static byte[] YamlToJson(RequestScope scope, byte[] body, string kind, out IReadOnlyList<string> issues)
    {
        try
        {
            return YamlText.ToJson(body, scope.FieldValidation != "Ignore", out issues);
        }
        catch (ApiDecodeException error)
        {
            throw DecodeErrors.Unrecognized(kind, error.Message, body);
        }
    }

    private static ApiObject Protobuf(RequestScope scope, byte[] body, StructSchema schema, string apiVersion, string kind)
    {
        if (scope.Resource.IsCustom)
        {
            throw Errors.UnsupportedMediaType("the body of the request was in an unknown format - accepted media types include: application/json, application/yaml");
        }

        Envelope envelope;
        try
        {
            envelope = ApiProtobuf.ReadEnvelope(body);
        }
        catch (ApiDecodeException error)
        {
            throw DecodeErrors.Unrecognized(kind, error.Message, body);
        }

        // From here on the body has a kind, if only the expected one.
        var (givenVersion, givenKind) = envelope.Kind.Length == 0 ? (apiVersion, kind) : (envelope.ApiVersion, envelope.Kind);
        var isExpected = givenKind == kind && givenVersion == apiVersion;
        var actual = isExpected ? schema : ApiTypes.FindKind(givenVersion, givenKind) ?? throw DecodeErrors.NotRegistered(givenVersion, givenKind, kind);
        try
        {
            var obj = ApiProtobuf.Read(actual, envelope.Raw.Span);
            if (isExpected)
            {
                Defaulting.Apply((ApiObject)obj);
                return (ApiObject)obj;
            }
        }
        catch (ApiDecodeException error)
        {
            throw DecodeErrors.CannotBeHandled(givenVersion, givenKind, kind, error.Message);
        }

        throw givenKind == kind
            ? DecodeErrors.VersionMismatch(givenVersion, apiVersion)
            : DecodeErrors.UnknownConversion(givenVersion, givenKind, apiVersion, kind);
    }
}
