using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.Codecs;
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
    private const int OperationsMax = 10000;

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
            apply: mediaType == ApplyType,
            cancellationToken);
    }

    /// <summary>Patches an object that is not stored by itself, such as a Scale.</summary>
    public ApiObject PatchDetached(RequestScope scope, string mediaType, byte[] body, bool? force, ApiObject current)
    {
        Check(scope, mediaType, force);
        if (mediaType == ApplyType)
        {
            var config = ReadConfiguration(body);
            return MergeTree(scope, current, ValueTree.AsMap(JsonMergePatch.MergeTree(ValueTree.Open(current), config)));
        }

        return Change(scope, mediaType, body, force, current);
    }

    private static void Check(RequestScope scope, string mediaType, bool? force)
    {
        var known = mediaType is JsonType or MergeType or ApplyType || (mediaType == StrategicType && !scope.Resource.IsCustom);
        if (!known)
        {
            throw Errors.UnsupportedMediaType(
                "the body of the request was in an unknown format - accepted media types include: " + JsonType + ", " + MergeType + (scope.Resource.IsCustom ? "" : ", " + StrategicType) + ", " + ApplyType);
        }

        var errors = new FieldErrorList();
        if (mediaType == ApplyType)
        {
            if (scope.GivenFieldManager.Length == 0)
            {
                errors.Required(FieldPath.Root("fieldManager"), "is required for apply patch");
            }
        }
        else if (force is not null)
        {
            errors.Forbidden(FieldPath.Root("force"), "may not be specified for non-apply patch");
        }

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
        var metadata = empty.Own<ObjectMeta>(ApiObject.MetadataSlot);
        metadata.Set(ObjectMeta.Fields.Name, scope.Name);
        metadata.Set(ObjectMeta.Fields.Namespace, scope.Namespace);
        return Finish(scope, Apply(scope, body, force: false, empty));
    }

    private static ApiObject Change(RequestScope scope, string mediaType, byte[] body, bool? force, ApiObject current)
    {
        switch (mediaType)
        {
            case ApplyType:
                return Finish(scope, Apply(scope, body, force == true, current));
            case JsonType:
                return Finish(scope, JsonPatched(scope, body, current));
            case MergeType:
                return Finish(scope, Merged(scope, body, current));
            default:
                return Finish(scope, StrategicMerged(scope, body, current));
        }
    }

    private static ApiObject Finish(RequestScope scope, ApiObject patched)
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

        // What the patch left alone is shared with the stored object, and the rules that follow change objects in place.
        var own = patched.DeepCopy();
        Defaulting.Apply(own);
        return own;
    }

    private static ApiObject Apply(RequestScope scope, byte[] body, bool force, ApiObject current)
    {
        var context = FieldOwnership.Context(scope, scope.GivenFieldManager);
        var config = ReadConfiguration(body, out var issues, scope.FieldValidation);
        BodyDecoder.Report(scope, issues, scope.Resource.Info.ApiVersion, scope.Resource.Info.Kind);
        return ServerSideApply.Apply(current, config, scope.Resource.Info.Kind, force, context);
    }

    private static IApiMap ReadConfiguration(byte[] body) => ReadConfiguration(body, out _, "Ignore");

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
            throw Errors.BadRequest("error decoding YAML: error unmarshaling JSON: while decoding JSON: " + error.Message);
        }
    }

    private static ApiObject JsonPatched(RequestScope scope, byte[] body, ApiObject current)
    {
        var operations = Parse(body, "error decoding patch: ") switch
        {
            null => ApiList<object?>.Empty,
            IApiList list => list,
            var other => throw Errors.BadRequest($"error decoding patch: json: cannot unmarshal {NameOf(other)} into Go value of type []handlers.jsonPatchOp"),
        };
        if (operations.Count > OperationsMax)
        {
            throw Errors.TooLarge($"Request entity too large: The allowed maximum operations in a JSON patch is {OperationsMax}, got {operations.Count}");
        }

        for (var i = 0; i < operations.Count; i++)
        {
            if (operations.ItemAt(i) is not IApiMap)
            {
                throw Errors.BadRequest($"error decoding patch: json: cannot unmarshal {NameOf(operations.ItemAt(i))} into Go value of type handlers.jsonPatchOp");
            }
        }

        var document = new PatchDocument(ApiJson.WriteToArray(current));
        if (!JsonPatch.TryApply(document, operations))
        {
            throw Errors.Make(422, "Invalid", "the server rejected our request due to an error in our request", new StatusDetails());
        }

        return Decode(scope, document.ToBytes(), current);
    }

    private static ApiObject Merged(RequestScope scope, byte[] body, ApiObject current)
    {
        var patch = Parse(body, "error decoding patch: ") switch
        {
            IApiMap map => map,
            null => throw Errors.BadRequest("Invalid JSON Patch"),
            var other => throw Errors.BadRequest($"error decoding patch: json: cannot unmarshal {NameOf(other)} into Go value of type map[string]interface {{}}"),
        };

        // The kind is not the patch's to change; that and all that does not fit is told in the words of the whole document.
        var issues = scope.FieldValidation == "Ignore" ? null : new DecodeIssues();
        ApiObject patched;
        try
        {
            patched = JsonMergePatch.Apply(current, patch, issues);
        }
        catch (ApiDecodeException)
        {
            return DecodeMerged(scope, patch, current);
        }

        if (patched.Kind != current.Kind || patched.ApiVersion != current.ApiVersion)
        {
            if ((patched.Kind.Length > 0 && patched.Kind != current.Kind) || (patched.ApiVersion.Length > 0 && patched.ApiVersion != current.ApiVersion))
            {
                return DecodeMerged(scope, patch, current);
            }
        }

        BodyDecoder.Report(scope, issues?.Messages ?? [], scope.Resource.Info.ApiVersion, scope.Resource.Info.Kind);
        return patched;
    }

    private static ApiObject DecodeMerged(RequestScope scope, IApiMap patch, ApiObject current)
    {
        var document = new PatchDocument(ApiJson.WriteToArray(current));
        var changes = new PatchDocument(ApiJson.WriteValueToArray(patch));
        document.Open();
        changes.Open();
        document.Merge(changes);
        return Decode(scope, document.ToBytes(), current);
    }

    private static ApiObject StrategicMerged(RequestScope scope, byte[] body, ApiObject current)
    {
        var patch = Parse(body, "") switch
        {
            ApiMap<object?> map => map,
            null => new ApiMap<object?>(),
            var other => throw Errors.BadRequest($"json: cannot unmarshal {NameOf(other)} into Go value of type map[string]interface {{}}"),
        };
        var merged = StrategicMergePatch.Merge(ValueTree.Open(current), patch, new PatchType(current.TypeSchema));
        return MergeTree(scope, current, merged);
    }

    private static ApiObject MergeTree(RequestScope scope, ApiObject current, IApiMap? tree)
    {
        var issues = scope.FieldValidation == "Ignore" ? null : new DecodeIssues();
        try
        {
            var patched = (ApiObject)new TreeDecoder(issues).Struct(current.TypeSchema, tree);
            BodyDecoder.Report(scope, issues?.Messages ?? [], scope.Resource.Info.ApiVersion, scope.Resource.Info.Kind);
            return patched;
        }
        catch (ApiDecodeException error)
        {
            throw Invalid(GoFormat.Value(tree), error.Message);
        }
    }

    private static ApiObject Decode(RequestScope scope, byte[] json, ApiObject current)
    {
        var issues = scope.FieldValidation == "Ignore" ? null : new DecodeIssues();
        ApiObject patched;
        try
        {
            var (apiVersion, kind) = TypeMetaSniffer.Read(json);
            if ((kind.Length > 0 && kind != current.Kind) || (apiVersion.Length > 0 && apiVersion != current.ApiVersion))
            {
                var target = ApiTypes.FindKind(apiVersion, kind) is null
                    ? $"no kind \"{kind}\" is registered for version \"{apiVersion}\" in scheme \"pkg/api/legacyscheme/scheme.go:30\""
                    : $"unable to convert {apiVersion}, Kind={kind} into {current.ApiVersion}, Kind={current.Kind}";
                throw Invalid(System.Text.Encoding.UTF8.GetString(json), target);
            }

            patched = (ApiObject)ApiJson.Read(current.TypeSchema, json, issues);
        }
        catch (ApiDecodeException error)
        {
            throw Invalid(System.Text.Encoding.UTF8.GetString(json), error.Message);
        }

        BodyDecoder.Report(scope, issues?.Messages ?? [], scope.Resource.Info.ApiVersion, scope.Resource.Info.Kind);
        return patched;
    }

    private static ApiException Invalid(string document, string why)
    {
        var errors = new FieldErrorList();
        errors.Invalid(FieldPath.Root("patch"), document, why);
        return Errors.Invalid("", "", "", errors)!;
    }

    private static object? Parse(byte[] body, string prefix)
    {
        try
        {
            return ApiJson.ReadValue(body);
        }
        catch (JsonException)
        {
            throw Errors.BadRequest(prefix + (GoJsonSyntax.Describe(body) ?? "unexpected end of JSON input"));
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
