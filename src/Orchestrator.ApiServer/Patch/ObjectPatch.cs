using System.Text;
using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Patch;

/// <summary>
/// Applies a patch of any kind but server-side apply to an object of the requested version. The result belongs to the caller and is not yet
/// defaulted.
/// </summary>
/// <param name="fieldValidation">Strict, Warn or Ignore: what becomes of unknown and duplicate fields.</param>
/// <param name="warnings">Takes the warnings.</param>
internal sealed class ObjectPatch(string fieldValidation, List<string> warnings)
{
    private const int OperationsMax = 10000;
    private const string Scheme = "pkg/api/legacyscheme/scheme.go:30";

    private bool IsStrict => fieldValidation == "Strict";

    private bool Reports => fieldValidation != "Ignore";

    /// <summary>JSON patch (RFC 6902).</summary>
    /// <exception cref="ApiException">400, 413 or 422.</exception>
    public ApiObject ApplyJsonPatch(ApiObject current, byte[] patch)
    {
        var issues = Reports ? new DecodeIssues() : null;
        var operations = Parse(patch, "error decoding patch: ", issues) switch
        {
            null => ApiList<object?>.Empty,
            IApiList list => list,
            var other => throw Errors.BadRequest($"error decoding patch: json: cannot unmarshal {JsonKind(other)} into Go value of type []handlers.jsonPatchOp"),
        };
        for (var i = 0; i < operations.Count; i++)
        {
            CheckOperation(operations.ItemAt(i), i, issues);
        }

        if (operations.Count > OperationsMax)
        {
            throw Errors.TooLarge($"The allowed maximum operations in a JSON patch is {OperationsMax}, got {operations.Count}");
        }

        var document = new PatchDocument(ApiJson.WriteToArray(current));
        if (!JsonPatch.TryApply(document, operations, out _))
        {
            throw Errors.Make(422, "Invalid", "the server rejected our request due to an error in our request", new StatusDetails());
        }

        return Decode(current, document.ToBytes(), issues?.Messages.Select(static m => "json patch " + m).ToList() ?? []);
    }

    /// <summary>JSON merge patch (RFC 7386).</summary>
    /// <exception cref="ApiException">400 or 422.</exception>
    public ApiObject ApplyMergePatch(ApiObject current, byte[] patch)
    {
        var issues = Reports ? new DecodeIssues() : null;
        var tree = Parse(patch, "error decoding patch: ", issues);
        if (tree is not IApiMap changes)
        {
            throw Errors.BadRequest(tree is null
                ? "Invalid JSON Patch"
                : $"error decoding patch: json: cannot unmarshal {JsonKind(tree)} into Go value of type map[string]interface {{}}");
        }

        if (KeepsKind(current, changes))
        {
            try
            {
                var found = Reports ? new DecodeIssues() : null;
                var result = JsonMergePatch.Apply(current, changes, found);
                if (issues is null || (issues.Messages.Count == 0 && found!.Messages.Count == 0))
                {
                    return WithKind(result.DeepCopy(), current);
                }

                if (!IsStrict)
                {
                    warnings.AddRange(issues.Messages);
                    warnings.AddRange(found!.Messages);
                    return WithKind(result.DeepCopy(), current);
                }
            }
            catch (ApiDecodeException)
            {
                // The refusal quotes the patched text, which the long way makes.
            }
        }

        var document = new PatchDocument(ApiJson.WriteToArray(current));
        var patchDocument = new PatchDocument(patch);
        document.Open();
        patchDocument.Open();
        document.Merge(patchDocument);
        return Decode(current, document.ToBytes(), issues?.Messages ?? []);
    }

    /// <summary>Strategic merge patch.</summary>
    /// <exception cref="ApiException">400, 422 or 500.</exception>
    public ApiObject ApplyStrategicMergePatch(ApiObject current, byte[] patch)
    {
        var issues = Reports ? new DecodeIssues() : null;
        var tree = Parse(patch, "", issues);
        var changes = tree switch
        {
            null => new ApiMap<object?>(),
            ApiMap<object?> map => map,
            _ => throw Errors.BadRequest($"json: cannot unmarshal {JsonKind(tree)} into Go value of type map[string]interface {{}}"),
        };
        var merged = StrategicMergePatch.Merge(ValueTree.Open(current), changes, new PatchType(current.TypeSchema));
        var found = Reports ? new DecodeIssues() : null;
        ApiObject result;
        try
        {
            result = (ApiObject)new TreeDecoder(found).Struct(current.TypeSchema, merged);
        }
        catch (ApiDecodeException misfit)
        {
            throw Invalid(GoFormat.Value(changes), misfit.Message);
        }

        List<string> all = issues is null ? [] : [.. issues.Messages, .. found!.Messages.Order(StringComparer.Ordinal)];
        Report(all, () => GoFormat.Value(changes));
        return result.DeepCopy();
    }

    private static object? Parse(byte[] patch, string prefix, DecodeIssues? issues)
    {
        try
        {
            return ApiJson.ReadValue(patch, issues);
        }
        catch (Exception broken) when (broken is JsonException or InsufficientExecutionStackException)
        {
            throw Errors.BadRequest(prefix + GoJsonSyntax.Describe(patch));
        }
        catch (ApiDecodeException misfit)
        {
            // A number beyond what a float holds.
            throw Errors.BadRequest(prefix + misfit.Message);
        }
    }

    /// <summary>The patched text as an object; refusals quote it.</summary>
    private ApiObject Decode(ApiObject current, byte[] json, IReadOnlyList<string> earlierIssues)
    {
        var found = Reports ? new DecodeIssues() : null;
        ApiObject result;
        try
        {
            var (apiVersion, kind) = TypeMetaSniffer.Read(json);
            if (current is CustomObject && (apiVersion.Length == 0 || apiVersion == current.ApiVersion))
            {
                // What kind it is now is for validation to judge; that there is one, for decoding.
                return kind.Length == 0
                    ? throw new ApiDecodeException("Object 'Kind' is missing in '" + Encoding.UTF8.GetString(json) + "'")
                    : Custom(current, json, apiVersion, found, earlierIssues);
            }

            if ((apiVersion.Length > 0 && apiVersion != current.ApiVersion) || (kind.Length > 0 && kind != current.Kind))
            {
                throw new ApiDecodeException(WhyNot(apiVersion, kind, current, json));
            }

            result = (ApiObject)ApiJson.Read(current.TypeSchema, json, found);
        }
        catch (ApiDecodeException misfit)
        {
            throw Invalid(Encoding.UTF8.GetString(json), misfit.Message);
        }

        Report([.. earlierIssues, .. found?.Messages ?? []], () => Encoding.UTF8.GetString(json));
        return WithKind(result, current);
    }

    private ApiObject Custom(ApiObject current, byte[] json, string apiVersion, DecodeIssues? found, IReadOnlyList<string> earlierIssues)
    {
        var result = (CustomObject)ApiJson.Read(CustomObject.ApiType, json, found);
        if (apiVersion.Length == 0)
        {
            result.Slots[ApiObject.ApiVersionSlot] = current.Slots[ApiObject.ApiVersionSlot];
        }

        Report([.. earlierIssues, .. found?.Messages ?? []], () => Encoding.UTF8.GetString(json));
        return result;
    }

    /// <summary>What upstream says of a patch that makes another kind of the object.</summary>
    private static string WhyNot(string apiVersion, string kind, ApiObject current, byte[] json)
    {
        (apiVersion, kind) = (apiVersion.Length == 0 ? current.ApiVersion : apiVersion, kind.Length == 0 ? current.Kind : kind);
        if (ApiTypes.FindKind(apiVersion, kind) is not { } schema)
        {
            return $"no kind \"{kind}\" is registered for version \"{apiVersion}\" in scheme \"{Scheme}\"";
        }

        try
        {
            ApiJson.Read(schema, json);
        }
        catch (ApiDecodeException misfit)
        {
            return misfit.Message;
        }

        var group = current.ApiVersion.Contains('/', StringComparison.Ordinal) ? current.ApiVersion.Split('.', '/')[0] : "core";
        return $"converting ({apiVersion[(apiVersion.IndexOf('/', StringComparison.Ordinal) + 1)..]}.{kind}) to ({group}.{current.Kind}): unknown conversion";
    }

    private static bool KeepsKind(ApiObject current, IApiMap changes) =>
        (!changes.TryGetSlot("kind", out var kind) || (kind is null && current is not CustomObject) || kind is string k && k == current.Kind)
        && (!changes.TryGetSlot("apiVersion", out var version) || version is null || version is string v && v == current.ApiVersion);

    /// <summary>A patch may take kind and version away; the object keeps them.</summary>
    private static ApiObject WithKind(ApiObject obj, ApiObject current)
    {
        obj.Slots[ApiObject.KindSlot] = current.Slots[ApiObject.KindSlot];
        obj.Slots[ApiObject.ApiVersionSlot] = current.Slots[ApiObject.ApiVersionSlot];
        return obj;
    }

    private void Report(List<string> issues, Func<string> patched)
    {
        if (issues.Count == 0)
        {
            return;
        }

        if (IsStrict)
        {
            throw Invalid(patched(), "strict decoding error: " + string.Join(", ", issues));
        }

        warnings.AddRange(issues);
    }

    private static void CheckOperation(object? operation, int index, DecodeIssues? issues)
    {
        switch (operation)
        {
            case null:
                return;
            case IApiMap map:
                for (var i = 0; i < map.Count; i++)
                {
                    var key = map.KeyAt(i);
                    if (key is not ("op" or "path" or "from" or "value"))
                    {
                        issues?.Add($"unknown field \"[{index}].{key}\"");
                    }
                    else if (key != "value" && map.ValueAt(i) is not (string or null))
                    {
                        throw Errors.BadRequest($"error decoding patch: json: cannot unmarshal {JsonKind(map.ValueAt(i))} into Go struct field jsonPatchOp.{key} of type string");
                    }
                }

                return;
            default:
                throw Errors.BadRequest($"error decoding patch: json: cannot unmarshal {JsonKind(operation)} into Go value of type handlers.jsonPatchOp");
        }
    }

    private static ApiException Invalid(string patched, string why)
    {
        var errors = new FieldErrorList();
        errors.Invalid(FieldPath.Root("patch"), patched, why);
        return Errors.Invalid("", "", "", errors)!;
    }

    private static string JsonKind(object? value) => value switch
    {
        string => "string",
        bool => "bool",
        long or double => "number",
        IApiList => "array",
        _ => "object",
    };
}
