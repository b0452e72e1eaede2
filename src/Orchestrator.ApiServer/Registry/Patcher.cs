using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.CustomResources;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Patch;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Registry;

/// <summary>Applies patches of all four kinds to stored objects.</summary>
internal sealed class Patcher(ObjectStore objects)
{
    private const string JsonType = "application/json-patch+json";
    private const string MergeType = "application/merge-patch+json";
    private const string StrategicType = "application/strategic-merge-patch+json";
    private const string ApplyType = "application/apply-patch+yaml";

    /// <summary>Patches an object; server-side apply creates a missing one.</summary>
    /// <param name="scope">The request.</param>
    /// <param name="mediaType">The body's content type.</param>
    /// <param name="body">The patch.</param>
    /// <param name="force">The force parameter; only for apply.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="ApiException">415, 400, 422, 404, 409 as upstream.</exception>
    public ValueTask<WriteResult> PatchAsync(RequestScope scope, string mediaType, byte[] body, bool? force, CancellationToken cancellationToken)
    {
        Check(scope, mediaType, force);
        return objects.UpdateAsync(
            scope,
            (current, _) => new(Change(scope, mediaType, body, force, current)),
            mediaType == ApplyType && scope.Subresource.Length == 0 ? _ => new(Create(scope, body)) : null,
            KindOf(mediaType),
            cancellationToken);
    }

    /// <summary>What kind of write a patch of a content type is.</summary>
    public static WriteKind KindOf(string mediaType) => mediaType == ApplyType ? WriteKind.Apply : WriteKind.Patch;

    /// <summary>Patches an object that is not stored by itself, such as a Scale. Only server-side apply changes its managedFields.</summary>
    public ApiObject PatchDetached(RequestScope scope, string mediaType, byte[] body, bool? force, ApiObject current, WriteContext context)
    {
        Check(scope, mediaType, force);
        if (mediaType != ApplyType)
        {
            return Change(scope, mediaType, body, force, current);
        }

        return Finish(scope, Apply(scope, body, force == true, current, current.Kind, context), apply: true);
    }

    /// <summary>A patch's type as it is written, without parameters.</summary>
    public static string MediaType(HttpRequest request)
    {
        var header = request.ContentType ?? "";
        var cut = header.IndexOf(';', StringComparison.Ordinal);
        return cut > 0 ? header[..cut] : header;
    }

    /// <exception cref="ApiException">415: patches of this resource are of other types.</exception>
    public static void CheckType(ServedResource resource, string mediaType)
    {
        var known = mediaType is JsonType or MergeType or ApplyType || (mediaType == StrategicType && !resource.IsCustom);
        if (!known)
        {
            throw Errors.UnsupportedMediaType(
                "the body of the request was in an unknown format - accepted media types include: " + JsonType + ", " + MergeType + (resource.IsCustom ? "" : ", " + StrategicType) + ", " + ApplyType);
        }
    }

    /// <summary>What kinds of patches ask of their options.</summary>
    public static void CheckOptions(string fieldManager, string mediaType, bool? force, FieldErrorList errors)
    {
        if (mediaType == ApplyType)
        {
            if (fieldManager.Length == 0)
            {
                errors.Required(FieldPath.Root("fieldManager"), "is required for apply patch");
            }
        }
        else if (force is not null)
        {
            errors.Forbidden(FieldPath.Root("force"), "may not be specified for non-apply patch");
        }
    }

    private static void Check(RequestScope scope, string mediaType, bool? force)
    {
        CheckType(scope.Resource, mediaType);
        var errors = new FieldErrorList();
        CheckOptions(scope.GivenFieldManager, mediaType, force, errors);
        if (Errors.Invalid("meta.k8s.io", "PatchOptions", "", errors) is { } invalid)
        {
            throw invalid;
        }
    }

    private static ApiObject Create(RequestScope scope, byte[] body)
    {
        var empty = (ApiObject)scope.Resource.Schema.Create();
        empty.Slots[ApiObject.KindSlot] = scope.Resource.Info.Kind;
        empty.Slots[ApiObject.ApiVersionSlot] = scope.Resource.Info.ApiVersion;
        return Finish(scope, Apply(scope, body, force: false, empty), apply: true);
    }

    private static ApiObject Change(RequestScope scope, string mediaType, byte[] body, bool? force, ApiObject current)
    {
        var patch = new ObjectPatch(scope.FieldValidation, scope.Warnings);
        return Finish(scope, mediaType switch
        {
            ApplyType => Apply(scope, body, force == true, current),
            JsonType => patch.ApplyJsonPatch(current, body),
            MergeType => patch.ApplyMergePatch(current, body),
            _ => patch.ApplyStrategicMergePatch(current, body),
        }, apply: mediaType == ApplyType);
    }

    private static ApiObject Finish(RequestScope scope, ApiObject patched, bool apply)
    {
        var name = patched.Metadata.Name;
        if (name.Length == 0)
        {
            throw Errors.BadRequest($"the name of the object ({scope.Name} based on URL) was undeterminable: name must be provided");
        }

        if (name != scope.Name)
        {
            throw Errors.BadRequest($"the name of the object ({name}) does not match the name on the URL ({scope.Name})");
        }

        if (scope.Resource.Custom is { } version && patched is CustomObject custom)
        {
            return CustomBodies.Finish(scope, version, custom, apply);
        }

        Defaulting.Apply(patched);
        return patched;
    }

    private static ApiObject Apply(RequestScope scope, byte[] body, bool force, ApiObject current) =>
        Apply(scope, body, force, current, scope.Resource.Info.Kind, FieldOwnership.Context(scope, scope.GivenFieldManager));

    private static ApiObject Apply(RequestScope scope, byte[] body, bool force, ApiObject current, string kind, WriteContext context)
    {
        var config = ReadConfiguration(body, out var issues, scope.FieldValidation);
        var applied = ServerSideApply.Apply(current, config, kind, force, context);

        // What is told twice is told last.
        if (issues.Count > 0 && scope.FieldValidation == "Strict")
        {
            throw Errors.BadRequest("error strict decoding YAML: error converting YAML to JSON: " + string.Join(", ", issues));
        }

        BodyDecoder.Report(scope, issues, context.ApiVersion, kind);
        return applied;
    }

    private static IApiMap ReadConfiguration(byte[] body, out IReadOnlyList<string> issues, string fieldValidation)
    {
        try
        {
            var json = YamlText.ToJson(body, fieldValidation != "Ignore", out issues);
            return ApiJson.ReadValue(json) switch
            {
                IApiMap map => map,
                null => new ApiMap<object?>(),
                var other => throw new ApiDecodeException($"json: cannot unmarshal {NameOf(other)} into Go value of type map[string]interface {{}}"),
            };
        }
        catch (ApiDecodeException error)
        {
            throw Errors.BadRequest(error.Message.StartsWith("yaml: ", StringComparison.Ordinal)
                ? "error decoding YAML: error converting YAML to JSON: " + error.Message
                : "error decoding YAML: error unmarshaling JSON: while decoding JSON: " + error.Message);
        }
    }

    private static string NameOf(object? value) => value switch
    {
        IApiMap => "object",
        IApiList => "array",
        string => "string",
        bool => "bool",
        _ => "number",
    };
}
