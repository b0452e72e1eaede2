using System.Collections.Frozen;
using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Cel.Library;

namespace Orchestrator.ApiServer.CustomResources.Schemas;

/// <summary>
/// A node of a custom resource's OpenAPI schema, made once from its definition: what pruning, defaulting, validation and rules walk along with an
/// object's JSON tree. Immutable.
/// </summary>
internal sealed class SchemaNode
{
    private static readonly string[] IntegerOrText = ["integer", "string"];
    private readonly FrozenDictionary<string, SchemaNode> _byName;

    private SchemaNode(JSONSchemaProps source, bool typesAlternatives)
    {
        Source = source;
        Type = source.Type;
        IsIntOrString = source.XIntOrString;
        Types = IsIntOrString && typesAlternatives ? IntegerOrText : Type.Length > 0 ? [Type] : [];
        Format = !typesAlternatives || StringFormats.IsSupported(source.Format) ? source.Format : "";
        Default = source.Default?.Value;
        Enum = source.Enum.Count == 0 ? [] : [.. source.Enum.Select(static e => e?.Value)];
        Required = [.. source.Required];
        Properties = [.. source.Properties.Select(p => new KeyValuePair<string, SchemaNode>(p.Key, new SchemaNode(p.Value, typesAlternatives)))];
        _byName = Properties.ToFrozenDictionary(StringComparer.Ordinal);
        Items = source.Items?.Schema is { } items ? new SchemaNode(items, typesAlternatives) : null;
        HasAdditionalProperties = source.AdditionalProperties is not null;
        AllowsAdditionalProperties = source.AdditionalProperties is null or { Schema: not null } or { Allows: true };
        AdditionalProperties = source.AdditionalProperties?.Schema is { } values ? new SchemaNode(values, typesAlternatives) : null;
        AllOf = Nested(source.AllOf, typesAlternatives);
        AnyOf = Nested(source.AnyOf, typesAlternatives);
        OneOf = Nested(source.OneOf, typesAlternatives);
        Not = source.Not is { } not ? new SchemaNode(not, typesAlternatives) : null;
        ListType = source.XListType ?? "";
        MapKeys = [.. source.XListMapKeys];
        Pattern = source.Pattern.Length > 0 ? GoRegex.Get(source.Pattern, out _) : null;
        HasDefaults = Default is not null || Properties.Any(static p => p.Value.HasDefaults) || Items is { HasDefaults: true } || AdditionalProperties is { HasDefaults: true };
        HasRules = source.XValidations.Count > 0 || Properties.Any(static p => p.Value.HasRules) || Items is { HasRules: true } || AdditionalProperties is { HasRules: true }
            || AllOf.Any(static s => s.HasRules);
        HasEmbeddedResources = IsEmbeddedResource || Properties.Any(static p => p.Value.HasEmbeddedResources) || Items is { HasEmbeddedResources: true }
            || AdditionalProperties is { HasEmbeddedResources: true };
    }

    /// <summary>The definition's own words.</summary>
    public JSONSchemaProps Source { get; }

    /// <summary>"" if none is given.</summary>
    public string Type { get; }

    /// <summary>The types a value may have: two for int-or-string, none for anything.</summary>
    public string[] Types { get; }

    /// <summary>"" also for formats that nobody checks.</summary>
    public string Format { get; }

    public bool IsNullable => Source.Nullable;

    /// <summary>A JSON tree, shared; null if there is none.</summary>
    public object? Default { get; }

    /// <summary>This node or one below has a default.</summary>
    public bool HasDefaults { get; }

    /// <summary>This node or one below has validation rules.</summary>
    public bool HasRules { get; }

    /// <summary>This node or one below is an object of its own.</summary>
    public bool HasEmbeddedResources { get; }

    public object?[] Enum { get; }

    public string[] Required { get; }

    /// <summary>Sorted by name.</summary>
    public KeyValuePair<string, SchemaNode>[] Properties { get; }

    public SchemaNode? Items { get; }

    /// <summary>additionalProperties is there, as a schema or as a flag.</summary>
    public bool HasAdditionalProperties { get; }

    public bool AllowsAdditionalProperties { get; }

    /// <summary>The schema of additional properties; null if there is none.</summary>
    public SchemaNode? AdditionalProperties { get; }

    public SchemaNode[] AllOf { get; }

    public SchemaNode[] AnyOf { get; }

    public SchemaNode[] OneOf { get; }

    public SchemaNode? Not { get; }

    public GoRegex? Pattern { get; }

    /// <summary>Its fields are not told from one another over time.</summary>
    public bool IsAtomicMap => Source.XMapType == "atomic";

    public bool PreservesUnknownFields => Source.XPreserveUnknownFields == true;

    public bool IsEmbeddedResource => Source.XEmbeddedResource;

    public bool IsIntOrString { get; }

    /// <summary>atomic, set, map, or "".</summary>
    public string ListType { get; }

    public string[] MapKeys { get; }

    public static SchemaNode From(JSONSchemaProps source) => new(source, typesAlternatives: true);

    /// <summary>The schema that judges defaults: to it, int-or-string has no type, and every format counts.</summary>
    public static SchemaNode ForDefaults(JSONSchemaProps source) => new(source, typesAlternatives: false);

    public SchemaNode? Property(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The schema of a field: its own, or that of additional properties.</summary>
    public SchemaNode? Field(string name) => Property(name) ?? AdditionalProperties;

    private static SchemaNode[] Nested(ApiList<JSONSchemaProps> list, bool typesAlternatives) => [.. list.Select(s => new SchemaNode(s, typesAlternatives))];
}
