using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Apply;

/// <summary>The structural schema of a custom resource as server-side apply sees it.</summary>
internal static class StructuralTypes
{
    /// <summary>The root type of a custom resource; any object if there is no schema.</summary>
    public static MapType Root(JSONSchemaProps? schema) => schema is null
        ? ApplyTypes.Custom
        : ApplyTypes.OfCustom(
            () => Members(schema).Where(static m => m.Name is not ("apiVersion" or "kind" or "metadata")),
            Preserves(schema) ? FieldType.Deduced : null);

    private static FieldType Of(JSONSchemaProps schema)
    {
        if (IsSet(schema, "x-kubernetes-int-or-string"))
        {
            return ScalarType.Any;
        }

        switch (Text(schema, "type"))
        {
            case "string":
                return Text(schema, "format") is "date-time" or "int-or-string" ? ScalarType.Any : ScalarType.Text;
            case "integer" or "number":
                return ScalarType.Number;
            case "boolean":
                return ScalarType.Boolean;
            case "array":
                return ListOf(schema);
            case "object":
                return MapOf(schema);
            default:
                return FieldType.Deduced;
        }
    }

    private static ListType ListOf(JSONSchemaProps schema)
    {
        var item = (schema.GetField("items") as JSONSchemaPropsOrArray)?.Schema;
        var element = item is null ? FieldType.Deduced : Of(item);
        var kind = Text(schema, "x-kubernetes-list-type");
        if (kind is not ("map" or "set"))
        {
            return new(element, associative: false, [], []);
        }

        var keys = (schema.GetField("x-kubernetes-list-map-keys") as ApiList<string>)?.ToArray() ?? [];
        var properties = item?.GetField("properties") as ApiMap<JSONSchemaProps>;
        var defaults = Array.ConvertAll(keys, key =>
            properties?.GetValueOrDefault(key)?.GetField("default") is RawJson given ? ApiJson.ReadValue(given.Utf8.Span) : null);
        return new(element, associative: true, keys, defaults);
    }

    private static MapType MapOf(JSONSchemaProps schema)
    {
        var isAtomic = Text(schema, "x-kubernetes-map-type") == "atomic";
        if (IsSet(schema, "x-kubernetes-embedded-resource"))
        {
            return new(() => [.. Members(schema)], FieldType.Deduced, isAtomic);
        }

        FieldType? element = schema.GetField("additionalProperties") switch
        {
            JSONSchemaPropsOrBool { Schema: { } values } => Of(values),
            JSONSchemaPropsOrBool { Allows: true } => FieldType.Deduced,
            _ => null,
        };
        var hasProperties = schema.GetField("properties") is IApiMap { Count: > 0 };
        return new(() => [.. Members(schema)], element ?? (Preserves(schema) || !hasProperties ? FieldType.Deduced : null), isAtomic);
    }

    private static IEnumerable<MapMember> Members(JSONSchemaProps schema) =>
        (schema.GetField("properties") as ApiMap<JSONSchemaProps> ?? ApiMap<JSONSchemaProps>.Empty)
        .Select(static p => new MapMember(p.Key, Of(p.Value), PathElement.Field(p.Key), null));

    private static bool Preserves(JSONSchemaProps schema) => IsSet(schema, "x-kubernetes-preserve-unknown-fields");

    private static bool IsSet(JSONSchemaProps schema, string name) => schema.GetField(name) is true;

    private static string Text(JSONSchemaProps schema, string name) => schema.GetField(name) as string ?? "";
}
