using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Cel.Types;

namespace Orchestrator.ApiServer.CustomResources.Rules;

/// <summary>A part of a schema as rules see it: its type, and how great its values can be. Immutable.</summary>
internal sealed class RuleType
{
    /// <summary>The most that a request may hold, which bounds everything that has no bound of its own.</summary>
    public const long RequestBytesMax = 3 * 1024 * 1024;

    private static readonly RuleType PlainText = new(CelType.String, 2, 0) { Type = "string" };

    private RuleType(CelType cel, long bytesMin, long elementsMax)
    {
        (Cel, BytesMin, ElementsMax) = (cel, bytesMin, elementsMax);
    }

    public CelType Cel { get; }

    /// <summary>The least that a value takes in JSON.</summary>
    public long BytesMin { get; }

    /// <summary>The most code points, items or entries a value can have; 0 for scalars, objects and keys, whose sizes upstream does not count.</summary>
    public long ElementsMax { get; }

    /// <summary>The type's name in the schema.</summary>
    public string Type { get; private init; } = "";

    public string Format { get; private init; } = "";

    public bool IsIntOrString { get; private init; }

    public bool IsNullable { get; private init; }

    /// <summary>Of a list.</summary>
    public RuleType? Items { get; private init; }

    /// <summary>Of a map with keys of any name.</summary>
    public RuleType? Values { get; private init; }

    /// <summary>Of an object, by their names in rules.</summary>
    public IReadOnlyDictionary<string, Field> Fields { get; private init; } = new Dictionary<string, Field>();

    public string ListType { get; private init; } = "";

    public IReadOnlyList<string> MapKeys { get; private init; } = [];

    /// <summary>The type of a schema; null if rules cannot speak of such values.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="isObject">It is the root, or an embedded object: apiVersion, kind and names can be spoken of.</param>
    public static RuleType? From(JSONSchemaProps? schema, bool isObject) => From(schema, isObject, "selfType");

    public RuleType? Step(string name) => name switch
    {
        "@items" or "@values" => Items ?? Values,
        "@keys" => Values is null ? null : PlainText,
        _ => Fields.GetValueOrDefault(name)?.Type,
    };

    /// <summary>The field of an object by its name in rules; words of the language may stand unescaped behind a dot.</summary>
    public Field? Named(string name) => Fields.GetValueOrDefault(name) ?? (RuleNames.IsReserved(name) ? Fields.GetValueOrDefault("__" + name + "__") : null);

    private static RuleType? From(JSONSchemaProps? schema, bool isObject, string name)
    {
        if (schema is null)
        {
            return null;
        }

        if (schema.XIntOrString)
        {
            return new(CelType.Dyn, 1, schema.MaxLength is { } max ? Math.Max(0, max) * 4 : RequestBytesMax - 2) { IsIntOrString = true, IsNullable = schema.Nullable, Type = schema.Type };
        }

        switch (schema.Type)
        {
            case "array":
                return List(schema, name);
            case "object" when schema.AdditionalProperties?.Schema is { } values && !isObject:
                return Map(schema, values, name);
            case "object":
                return Object(schema, isObject, name);
            case "string":
                return Text(schema);
            case "boolean":
                return new(CelType.Bool, 4, 0) { Type = schema.Type, IsNullable = schema.Nullable };
            case "number":
                return new(CelType.Double, 1, 0) { Type = schema.Type, IsNullable = schema.Nullable };
            case "integer":
                return new(CelType.Int, 1, 0) { Type = schema.Type, IsNullable = schema.Nullable };
            default:
                return isObject ? Object(schema, isObject, name) : null;
        }
    }

    private static RuleType? List(JSONSchemaProps schema, string name)
    {
        if (schema.Items?.Schema is not { } itemSchema || From(itemSchema, itemSchema.XEmbeddedResource, name + ".@idx") is not { } items)
        {
            return null;
        }

        return new(CelType.List(items.Cel), 2, schema.MaxItems is { } max ? Math.Max(0, max) : (RequestBytesMax - 2) / (items.BytesMin + 1))
        {
            Type = "array",
            IsNullable = schema.Nullable,
            Items = items,
            ListType = schema.XListType ?? "",
            MapKeys = [.. schema.XListMapKeys],
        };
    }

    private static RuleType? Map(JSONSchemaProps schema, JSONSchemaProps valueSchema, string name)
    {
        if (From(valueSchema, valueSchema.XEmbeddedResource, name + ".@elem") is not { } values)
        {
            return null;
        }

        return new(CelType.Map(CelType.String, values.Cel), 2, schema.MaxProperties is { } max ? Math.Max(0, max) : (RequestBytesMax - 2) / (values.BytesMin + 6))
        {
            Type = "object", IsNullable = schema.Nullable, Values = values,
        };
    }

    private static RuleType Object(JSONSchemaProps schema, bool isObject, string name)
    {
        var fields = new Dictionary<string, Field>(StringComparer.Ordinal);
        long bytes = 2;
        foreach (var (raw, property) in Properties(schema, isObject))
        {
            if (From(property, property.XEmbeddedResource, name + "." + raw) is not { } type)
            {
                continue;
            }

            if (RuleNames.TryEscape(raw, out var escaped))
            {
                fields[escaped] = new Field(raw, type);
            }

            if (property.Default is null && schema.Required.Contains(raw))
            {
                bytes += raw.Length + type.BytesMin + 4;
            }
        }

        return new(CelType.Struct(name), bytes, 0) { Type = "object", IsNullable = schema.Nullable, Fields = fields };
    }

    /// <summary>Every object has its type and its names, whatever its schema says.</summary>
    private static IEnumerable<KeyValuePair<string, JSONSchemaProps>> Properties(JSONSchemaProps schema, bool isObject)
    {
        if (!isObject || (IsText(schema, "kind") && IsText(schema, "apiVersion") && schema.Properties.GetValueOrDefault("metadata") is { Type: "object" } metadata
            && IsText(metadata, "name") && IsText(metadata, "generateName")))
        {
            return schema.Properties;
        }

        var text = new JSONSchemaProps { Type = "string" };
        var names = new JSONSchemaProps { Type = "object", Properties = new Dictionary<string, JSONSchemaProps> { ["name"] = text, ["generateName"] = text } };
        return schema.Properties.Where(static p => p.Key is not ("kind" or "apiVersion" or "metadata")).Concat(
        [
            KeyValuePair.Create("kind", text),
            KeyValuePair.Create("apiVersion", text),
            KeyValuePair.Create("metadata", names),
        ]);
    }

    private static bool IsText(JSONSchemaProps schema, string property) => schema.Properties.GetValueOrDefault(property) is { Type: "string" };

    private static RuleType Text(JSONSchemaProps schema)
    {
        var (cel, bytesMin, lengthMax) = schema.Format switch
        {
            "byte" => (CelType.Bytes, 2L, schema.MaxLength is { } max ? Math.Max(0, max) : RequestBytesMax - 2),
            "duration" => (CelType.Duration, 3L, 32L),
            "date" => (CelType.Timestamp, 12L, 12L),
            "date-time" => (CelType.Timestamp, 21L, 32L),
            _ => (CelType.String, 2L, schema.MaxLength is { } max ? Math.Max(0, max) * 4 : schema.Enum.Count > 0 ? LongestOf(schema) : RequestBytesMax - 2),
        };
        return new(cel, bytesMin, lengthMax) { Type = "string", Format = schema.Format, IsNullable = schema.Nullable };
    }

    private static long LongestOf(JSONSchemaProps schema) => schema.Enum.Max(static e => e?.Value is string text ? System.Text.Encoding.UTF8.GetByteCount(text) : 0);

    /// <summary>A field of an object.</summary>
    /// <param name="Name">Its name in JSON.</param>
    /// <param name="Type">Its type.</param>
    internal sealed record Field(string Name, RuleType Type);
}
