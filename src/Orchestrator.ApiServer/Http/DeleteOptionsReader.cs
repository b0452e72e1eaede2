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
                PropagationPolicy = query.TryGetValue("propagationPolicy", out var policy) ? policy.ToString() : null,
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
            if (kind.Length > 0 && kind != "DeleteOptions")
            {
                throw Errors.BadRequest($"no kind \"{kind}\" is registered for version \"{apiVersion}\" in scheme \"{Scheme}\"");
            }

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

    private static DeleteOptions Protobuf(byte[] body)
    {
        try
        {
            return (DeleteOptions)ApiProtobuf.Read(DeleteOptions.ApiType, ApiProtobuf.ReadEnvelope(body).Raw.Span);
        }
        catch (ApiDecodeException error)
        {
            throw Errors.BadRequest(error.Message);
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
