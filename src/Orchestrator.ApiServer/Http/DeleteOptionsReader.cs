using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Protobuf;
using Orchestrator.ApiServer.Audit;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Http;

/// <summary>Reads delete options from a body, or from the query when there is no body.</summary>
internal static class DeleteOptionsReader
{
    /// <summary>Delete options are decoded by a scheme of their own, and upstream names a scheme by where it is made.</summary>
    private const string Scheme = "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27";

    private static readonly string[] Policies = ["Foreground", "Background", "Orphan", "nil"];

    /// <summary>The options, and the body's dry run (null without a body: then the query counts).</summary>
    /// <exception cref="ApiException">400 or 422.</exception>
    public static (DeleteRequest Request, bool? DryRun) Read(HttpRequest request, byte[] body, AuditTrail? audit)
    {
        if (body.Length == 0)
        {
            var query = request.Query;
            var fromQuery = new DeleteOptions
            {
                GracePeriodSeconds = QueryFlags.Number(query["gracePeriodSeconds"]),
                OrphanDependents = QueryFlags.Flag(query["orphanDependents"]),
                PropagationPolicy = query.TryGetValue("propagationPolicy", out var policy) ? QueryFlags.Text(policy) : null,
                Preconditions = PreconditionsOf(QueryFlags.Text(query["uid"]), QueryFlags.Text(query["resourceVersion"])),
            };
            Validate(fromQuery);
            return (From(fromQuery), null);
        }

        var options = Decode(request, body);
        audit?.Requested(ApiJson.WriteToArray(options with { Kind = "DeleteOptions", ApiVersion = options.ApiVersion.Length > 0 ? options.ApiVersion : "meta.k8s.io/v1" }));
        Validate(options);
        return (From(options), options.DryRun.Count > 0);
    }

    private static DeleteOptions Decode(HttpRequest request, byte[] body)
    {
        switch (BodyDecoder.MediaType(request.ContentType ?? ""))
        {
            case "application/vnd.kubernetes.protobuf":
                return Protobuf(body);
            case "application/yaml":
                body = Yaml(body);
                break;
            case "" or "application/json":
                break;
            default:
                throw Errors.UnsupportedMediaType("the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf");
        }

        try
        {
            var (apiVersion, kind) = TypeMetaSniffer.Read(body);
            RequireKind(apiVersion, kind);
            return ApiJson.Read<DeleteOptions>(body);
        }
        catch (JsonException)
        {
            throw Errors.BadRequest("couldn't get version/kind; json parse error: " + GoJsonSyntax.Describe(body));
        }
        catch (ApiDecodeException error)
        {
            throw Errors.BadRequest(
                error.Message.Contains("struct {", StringComparison.Ordinal) || error.Message.Contains("struct field .", StringComparison.Ordinal)
                    ? "couldn't get version/kind; json parse error: " + error.Message
                    : error.Message);
        }
    }

    /// <summary>Preconditions by query, which upstream takes besides those of a body.</summary>
    private static Preconditions? PreconditionsOf(string uid, string resourceVersion) => (uid, resourceVersion) is ("", "")
        ? null
        : new() { Uid = uid.Length == 0 ? null : uid, ResourceVersion = resourceVersion.Length == 0 ? null : resourceVersion };

    private static DeleteOptions Protobuf(byte[] body)
    {
        try
        {
            var envelope = ApiProtobuf.ReadEnvelope(body);
            RequireKind(envelope.ApiVersion, envelope.Kind);
            return (DeleteOptions)ApiProtobuf.Read(DeleteOptions.ApiType, envelope.Raw.Span);
        }
        catch (ApiDecodeException error)
        {
            throw Errors.BadRequest(error.Message);
        }
    }

    private static void RequireKind(string apiVersion, string kind)
    {
        if (apiVersion.AsSpan().Count('/') > 1)
        {
            throw Errors.BadRequest("unexpected GroupVersion string: " + apiVersion);
        }

        if (kind is not ("" or "DeleteOptions"))
        {
            // The kinds that every API speaks are known to the scheme of the options, too.
            throw Errors.BadRequest(apiVersion == "v1" && kind is ("Status" or "APIVersions" or "APIGroup" or "APIGroupList" or "APIResourceList")
                ? $"converting (v1.{kind}) to (v1.DeleteOptions): unknown conversion"
                : $"no kind \"{kind}\" is registered for version \"{(apiVersion.Length == 0 ? "meta.k8s.io/v1" : apiVersion)}\" in scheme \"{Scheme}\"");
        }
    }

    private static byte[] Yaml(byte[] body)
    {
        try
        {
            return YamlText.ToJson(body, strict: false, out _);
        }
        catch (ApiDecodeException error)
        {
            throw Errors.BadRequest("couldn't get version/kind; json parse error: " + error.Message);
        }
    }

    private static void Validate(DeleteOptions options)
    {
        var errors = new FieldErrorList();
        if (options.PropagationPolicy is not null && options.OrphanDependents is not null)
        {
            errors.Invalid(FieldPath.Root("propagationPolicy"), options.PropagationPolicy, "orphanDependents and deletionPropagation cannot be both set");
        }

        if (options.PropagationPolicy is { } policy && policy is not ("Foreground" or "Background" or "Orphan"))
        {
            errors.NotSupportedInOrder(FieldPath.Root("propagationPolicy"), policy, Policies);
        }

        foreach (var value in options.DryRun)
        {
            if (value != "All")
            {
                errors.NotSupported(FieldPath.Root("dryRun"), new Bare("[" + string.Join(" ", options.DryRun.Select(GoText.Quote)) + "]"), ["All"]);
                break;
            }
        }

        if (Errors.Invalid("meta.k8s.io", "DeleteOptions", "", errors) is { } invalid)
        {
            throw invalid;
        }
    }

    private static DeleteRequest From(DeleteOptions options) => new()
    {
        GracePeriodSeconds = options.GracePeriodSeconds,
        OrphanDependents = options.OrphanDependents,
        PropagationPolicy = options.PropagationPolicy,
        PreconditionUid = options.Preconditions?.Uid,
        PreconditionResourceVersion = options.Preconditions?.ResourceVersion,
    };
}
