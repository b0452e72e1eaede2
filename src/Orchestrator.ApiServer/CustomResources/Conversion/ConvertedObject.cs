using System.Text;
using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Patch;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Conversion;

/// <summary>What a conversion webhook made of an object: it may change all but who the object is.</summary>
internal static class ConvertedObject
{
    /// <summary>The object, if the webhook kept to the rules.</summary>
    /// <param name="before">What it was given.</param>
    /// <param name="apiVersion">The version that it should make of it.</param>
    /// <param name="raw">What it made.</param>
    /// <exception cref="FormatException">It did not; the message is upstream's.</exception>
    public static CustomObject Check(CustomObject before, string apiVersion, RawJson raw)
    {
        var webhook = $"conversion webhook for {before.ApiVersion}, Kind={before.Kind}";
        var tree = Tree(raw);
        var (version, kind) = (Text(tree, "apiVersion"), Text(tree, "kind"));
        if (kind.Length == 0)
        {
            throw new FormatException($"Object 'Kind' is missing in '{Encoding.UTF8.GetString(raw.Utf8.Span)}'");
        }

        if (version != apiVersion)
        {
            throw new FormatException($"{webhook} returned invalid object at index 0: invalid groupVersion (expected {apiVersion}, received {version})");
        }

        if (kind != before.Kind)
        {
            throw new FormatException($"{webhook} returned invalid object at index 0: invalid kind (expected {before.Kind}, received {kind})");
        }

        var metadata = tree.GetValueOrDefault("metadata") as ApiMap<object?> ?? [];
        var was = before.Metadata;
        foreach (var (what, old, now) in (ReadOnlySpan<(string, string, string)>)
            [("name", was.Name, Text(metadata, "name")), ("namespace", was.Namespace, Text(metadata, "namespace")), ("UID", was.Uid, Text(metadata, "uid"))])
        {
            if (old != now)
            {
                throw new FormatException($"{webhook} returned invalid object: must have the same {what}: {old} != {now}");
            }
        }

        try
        {
            // Labels and annotations may be converted; the rest of the metadata is not the webhook's business.
            var (labels, annotations) = (Texts(metadata, "labels", was.Labels), Texts(metadata, "annotations", was.Annotations));
            var rest = ApiMap<object?>.From(tree.Where(static e => e.Key != "metadata"));
            var converted = (CustomObject)ApiJson.Read(CustomObject.ApiType, ApiJson.WriteValueToArray(rest));
            return converted with { Metadata = was with { Labels = labels, Annotations = annotations } };
        }
        catch (Exception wrong) when (wrong is FormatException or ApiDecodeException)
        {
            throw new FormatException($"{webhook} returned invalid metadata: {wrong.Message}");
        }
    }

    private static ApiMap<object?> Tree(RawJson raw)
    {
        if (raw.Utf8.Span.SequenceEqual("null"u8))
        {
            throw new FormatException("unexpected end of JSON input");
        }

        var value = ApiJson.ReadValue(raw.Utf8.Span);
        return value as ApiMap<object?> ?? throw new FormatException($"json: cannot unmarshal {JsonKind(value)} into Go value of type map[string]interface {{}}");
    }

    private static ApiMap<string> Texts(ApiMap<object?> metadata, string field, ApiMap<string> before)
    {
        var value = metadata.GetValueOrDefault(field);
        if (value is null)
        {
            return [];
        }

        if (value is not ApiMap<object?> map)
        {
            throw new FormatException($"invalid metadata.{field} of type {GoType(value)} in converted object");
        }

        foreach (var (key, item) in map)
        {
            if (item is not string)
            {
                throw new FormatException($"metadata.{field}[{key}] must be a string, but is {GoType(item)} in converted object");
            }
        }

        var texts = ApiMap<string>.From(map.Select(static e => KeyValuePair.Create(e.Key, (string)e.Value!)));
        if (texts.Equals(before))
        {
            return before;
        }

        var faults = new FieldErrorList();
        if (field == "labels")
        {
            MetadataValidator.Labels(texts, FieldPath.Metadata, "labels", faults);
        }
        else
        {
            MetadataValidator.Annotations(texts, FieldPath.Metadata, "annotation", faults);
        }

        return faults.Count == 0 ? texts : throw new FormatException(faults.Aggregate());
    }

    private static string Text(ApiMap<object?> map, string name) => map.GetValueOrDefault(name) as string ?? "";

    private static string GoType(object? value) => value is null ? "<nil>" : GoFormat.TypeOf(value);

    private static string JsonKind(object? value) => value switch
    {
        string => "string",
        bool => "bool",
        IApiList => "array",
        _ => "number",
    };
}
