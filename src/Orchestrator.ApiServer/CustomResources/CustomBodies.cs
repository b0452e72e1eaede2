using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.CustomResources;

/// <summary>From request bodies and patched objects to custom objects that fit their version: unknown fields dropped and told, defaults filled in.</summary>
internal static class CustomBodies
{
    /// <summary>Decodes a body that is JSON (or was YAML).</summary>
    /// <param name="scope">The request.</param>
    /// <param name="version">The version it speaks.</param>
    /// <param name="json">The body as JSON.</param>
    /// <param name="given">The body as it came, for messages.</param>
    /// <param name="earlierIssues">What the YAML reader found.</param>
    /// <exception cref="ApiException">400.</exception>
    public static CustomObject Decode(RequestScope scope, CustomVersion version, byte[] json, byte[] given, IReadOnlyList<string>? earlierIssues)
    {
        var kind = scope.Resource.Info.Kind;
        var issues = scope.FieldValidation == "Ignore" ? null : new DecodeIssues();
        var tree = Parse(json, given, version.ApiVersion, kind, issues);
        var givenKind = Text(tree, "kind");
        var givenVersion = Text(tree, "apiVersion");
        if (givenKind.Length == 0)
        {
            throw DecodeErrors.Unrecognized(kind, $"Object 'Kind' is missing in '{System.Text.Encoding.UTF8.GetString(json)}'", given);
        }

        if (givenVersion.Count(static c => c == '/') > 1)
        {
            throw DecodeErrors.Unrecognized(kind, "unexpected GroupVersion string: " + givenVersion, given);
        }

        if (givenVersion != version.ApiVersion)
        {
            throw DecodeErrors.VersionMismatch(givenVersion, version.ApiVersion);
        }

        try
        {
            var obj = ToObject(tree, issues);
            var unknown = issues is null ? null : new List<string>();
            var pruned = version.Prune(obj, stored: false, unknown);
            Report(scope, earlierIssues, issues, unknown, version.ApiVersion, kind);
            return version.Default(pruned);
        }
        catch (ApiDecodeException misfit)
        {
            throw DecodeErrors.CannotBeHandled(version.ApiVersion, kind, kind, misfit.Message);
        }
    }

    /// <summary>A patched object, brought in order.</summary>
    /// <exception cref="ApiException">400 or 422.</exception>
    public static CustomObject Finish(RequestScope scope, CustomVersion version, CustomObject patched, bool apply)
    {
        var unknown = scope.FieldValidation == "Ignore" || apply ? null : new List<string>();
        if (!apply)
        {
            KeepManagers(patched.Own<ObjectMeta>(ApiObject.MetadataSlot));
        }

        try
        {
            var pruned = version.Prune(patched, stored: false, unknown);
            if (unknown is { Count: > 0 })
            {
                var texts = unknown.ConvertAll(static f => $"unknown field \"{f}\"");
                if (scope.FieldValidation == "Strict")
                {
                    var errors = new Validation.FieldErrorList();
                    errors.Invalid(Validation.FieldPath.Root("patch"), System.Text.Encoding.UTF8.GetString(ApiJson.WriteToArray(patched)), "strict decoding error: " + string.Join(", ", texts));
                    throw Errors.Invalid("", "", "", errors)!;
                }

                scope.Warnings.AddRange(texts);
            }

            return version.Default(pruned, keepsNulls: apply);
        }
        catch (ApiDecodeException misfit)
        {
            var errors = new Validation.FieldErrorList();
            errors.Invalid(Validation.FieldPath.Root("patch"), System.Text.Encoding.UTF8.GetString(ApiJson.WriteToArray(patched)), misfit.Message);
            throw Errors.Invalid("", "", "", errors)!;
        }
    }

    private static ApiMap<object?> Parse(byte[] json, byte[] given, string apiVersion, string kind, DecodeIssues? issues)
    {
        try
        {
            var tree = ApiJson.ReadValue(json, issues);
            return tree as ApiMap<object?>
                ?? (tree is null ? new ApiMap<object?>() : null)
                ?? throw DecodeErrors.Unrecognized(kind, "couldn't get version/kind; json parse error: json: cannot unmarshal " + JsonKind(json) + " into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }", given);
        }
        catch (ApiDecodeException misfit)
        {
            throw DecodeErrors.CannotBeHandled(apiVersion, kind, kind, misfit.Message);
        }
        catch (JsonException)
        {
            throw DecodeErrors.Unrecognized(kind, "couldn't get version/kind; json parse error: " + GoJsonSyntax.Describe(json), given);
        }
    }

    /// <summary>An empty list of managedFields does not live through the metadata's way into an object without a type: it resets nothing.</summary>
    private static void KeepManagers(ObjectMeta metadata)
    {
        if (metadata.ManagedFields.Count == 0)
        {
            metadata.Slots[ObjectMeta.Fields.ManagedFields] = null;
        }
    }

    private static string JsonKind(byte[] json) => json.AsSpan().TrimStart(" \t\r\n"u8) switch
    {
        [(byte)'[', ..] => "array",
        [(byte)'"', ..] => "string",
        [(byte)'t' or (byte)'f', ..] => "bool",
        _ => "number",
    };

    private static CustomObject ToObject(ApiMap<object?> tree, DecodeIssues? issues)
    {
        var content = tree.Copy();
        content.Remove("apiVersion");
        content.Remove("kind");
        content.Remove("metadata");
        ObjectMeta? metadata = null;
        if (tree.TryGetSlot("metadata", out var given) && given is not null)
        {
            var own = issues is null ? null : new DecodeIssues();
            metadata = ApiJson.Read<ObjectMeta>(ApiJson.WriteValueToArray(given), own);
            KeepManagers(metadata);
            foreach (var message in own?.Messages ?? [])
            {
                issues!.Add(message.Replace("field \"", "field \"metadata.", StringComparison.Ordinal));
            }
        }

        return new CustomObject
        {
            Kind = Text(tree, "kind"), ApiVersion = Text(tree, "apiVersion"), Metadata = metadata ?? new ObjectMeta(), Content = content,
        };
    }

    private static void Report(RequestScope scope, IReadOnlyList<string>? earlier, DecodeIssues? issues, List<string>? unknown, string apiVersion, string kind)
    {
        if (issues is null)
        {
            return;
        }

        IEnumerable<string> all = [.. earlier ?? [], .. issues.Messages, .. unknown!.Select(static f => $"unknown field \"{f}\"")];
        BodyDecoder.Report(scope, [.. all], apiVersion, kind);
    }

    private static string Text(ApiMap<object?> tree, string name) => tree.TryGetSlot(name, out var value) && value is string text ? text : "";
}
