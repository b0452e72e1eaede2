using Orchestrator.Api;
using Orchestrator.Api.Json;
using static Orchestrator.ApiServer.OpenApi.JsonTree;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>Writes types of the tables as OpenAPI schemas, v2 or v3, and collects all types that they refer to.</summary>
internal sealed class SchemaPublisher(bool v3)
{
    private const string Meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    private readonly ApiMap<object?> _schemas = new();
    private readonly HashSet<string> _started = [];

    /// <summary>Schemas by definition name, so far.</summary>
    public ApiMap<object?> Schemas => _schemas;

    /// <summary>Whether schemas are of v3.</summary>
    public bool IsV3 => v3;

    /// <summary>A reference to the schema of patches, which says nothing about them.</summary>
    public ApiMap<object?> Patch()
    {
        Add(Meta + "Patch", Map(("description", "Patch"), ("type", "object")));
        return Reference(Meta + "Patch");
    }

    /// <summary>A reference to a type, which is published with all it refers to.</summary>
    public ApiMap<object?> Reference(StructSchema schema)
    {
        Publish(schema);
        return Reference(schema.OpenApiName);
    }

    /// <summary>A reference to a definition by name.</summary>
    public ApiMap<object?> Reference(string name) => Map(("$ref", (v3 ? "#/components/schemas/" : "#/definitions/") + name));

    /// <summary>Adds a schema that is made elsewhere, such as a custom resource's.</summary>
    public void Add(string name, ApiMap<object?> schema)
    {
        if (_started.Add(name))
        {
            _schemas.SetSlot(name, schema);
        }
    }

    /// <summary>Adds a schema that is only made if it is not there yet.</summary>
    public void AddLazily(string name, Func<ApiMap<object?>> make)
    {
        if (_started.Add(name))
        {
            _schemas.SetSlot(name, make());
        }
    }

    private void Publish(StructSchema schema)
    {
        if (schema.OpenApiName.Length == 0 || !_started.Add(schema.OpenApiName))
        {
            return;
        }

        if (schema.Name.StartsWith("apiextensions_v1.JSONSchemaPropsOr", StringComparison.Ordinal))
        {
            _ = schema.FieldList.Select(Element).ToArray();
            _schemas.SetSlot(schema.OpenApiName, Map(("description", schema.TypeName)));
            return;
        }

        var properties = new ApiMap<object?>();
        var required = new List<object?>();
        foreach (var field in schema.FieldList)
        {
            properties.SetSlot(field.Name, Property(schema, field));
            if (field.Required)
            {
                required.Add(field.Name);
            }
        }

        _schemas.SetSlot(schema.OpenApiName, Map(
            ("description", Describe(schema)),
            ("type", "object"),
            ("properties", properties.Count > 0 ? properties : null),
            ("required", required.Count > 0 ? List(required) : null),
            ("x-kubernetes-map-type", schema.MapType.Length > 0 ? schema.MapType : null),
            ("x-kubernetes-group-version-kind", Kinds(schema)),
            ("x-kubernetes-unions", Unions(schema))));
    }

    private ApiMap<object?> Property(StructSchema schema, FieldSchema field)
    {
        var property = field.Shape switch
        {
            FieldShape.List => Map(("type", "array"), ("items", WithElementDefault(field, Element(field)))),
            FieldShape.Map => Map(("type", "object"), ("additionalProperties", WithElementDefault(field, Element(field)))),
            FieldShape.MapOfLists => Map(("type", "object"), ("additionalProperties", Map(("type", "array"), ("items", Map(("type", "string"), ("default", v3 ? "" : null)))))),
            _ => Element(field),
        };
        var extra = new ApiMap<object?>();
        extra.SetSlot("description", Describe(schema, field));
        Put(extra, "x-kubernetes-list-type", field.Shape == FieldShape.List ? field.ListType : "");
        if (field.Shape == FieldShape.List && field.ListMapKeys.Length > 0)
        {
            extra.SetSlot("x-kubernetes-list-map-keys", List(field.ListMapKeys));
        }

        Put(extra, "x-kubernetes-map-type", field.MapType);
        Put(extra, "x-kubernetes-patch-strategy", field.PatchStrategy);
        Put(extra, "x-kubernetes-patch-merge-key", field.PatchMergeKey);
        if (field.Enum.Length > 0)
        {
            extra.SetSlot("enum", List(field.Enum));
        }

        if (v3 && field.Default.Length > 0)
        {
            extra.SetSlot("default", ApiJson.ReadValue(System.Text.Encoding.UTF8.GetBytes(field.Default)));
        }

        return Combine(property, extra);
    }

    /// <summary>A reference cannot have siblings in v3: it is wrapped in allOf then.</summary>
    private ApiMap<object?> Combine(ApiMap<object?> property, ApiMap<object?> extra)
    {
        if (extra.Count == 0)
        {
            return property;
        }

        var combined = v3 && property.ContainsKey("$ref") ? Map(("allOf", List(property))) : property.Copy();
        foreach (var (key, value) in extra)
        {
            combined.SetSlot(key, value);
        }

        return combined;
    }

    private ApiMap<object?> WithElementDefault(FieldSchema field, ApiMap<object?> element)
    {
        object? value = !v3 ? null : field.Kind switch
        {
            FieldKind.String => "",
            FieldKind.Bool => false,
            FieldKind.Int32 or FieldKind.Int64 => 0L,
            FieldKind.Struct => new ApiMap<object?>(),
            _ => null,
        };
        return value is null ? element : Combine(element, Map(("default", value)));
    }

    private ApiMap<object?> Element(FieldSchema field) => field.Kind switch
    {
        FieldKind.String => Map(("type", "string")),
        FieldKind.Bool => Map(("type", "boolean")),
        FieldKind.Int32 => Map(("type", "integer"), ("format", "int32")),
        FieldKind.Int64 => Map(("type", "integer"), ("format", "int64")),
        FieldKind.Double => Map(("type", "number"), ("format", "double")),
        FieldKind.Bytes => Map(("type", "string"), ("format", "byte")),
        FieldKind.Time => Known(Meta + "Time", Map(("type", "string"), ("format", "date-time"))),
        FieldKind.MicroTime => Known(Meta + "MicroTime", Map(("type", "string"), ("format", "date-time"))),
        FieldKind.Duration => Known(Meta + "Duration", Map(("type", "string"))),
        FieldKind.Quantity => Known("io.k8s.apimachinery.pkg.api.resource.Quantity", v3 ? Map(("oneOf", List(Map(("type", "string")), Map(("type", "number"))))) : Map(("type", "string"))),
        FieldKind.IntOrString => Known(
            "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
            v3 ? Map(("format", "int-or-string"), ("oneOf", List(Map(("type", "integer")), Map(("type", "string"))))) : Map(("type", "string"), ("format", "int-or-string"))),
        FieldKind.Raw => Raw(field),
        _ => field.Struct!.OpenApiName.Length > 0 ? Reference(field.Struct) : Map(("type", "object")),
    };

    private ApiMap<object?> Raw(FieldSchema field) => field.RawType switch
    {
        "RawExtension" => Known("io.k8s.apimachinery.pkg.runtime.RawExtension", Map(("type", "object"))),
        "FieldsV1" => Known(Meta + "FieldsV1", Map(("type", "object"))),
        "JSON" => Known("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON", new ApiMap<object?>()),
        "Object" => Map(("type", "object")),
        _ => new ApiMap<object?>(),
    };

    private ApiMap<object?> Known(string name, ApiMap<object?> schema)
    {
        if (_started.Add(name))
        {
            _schemas.SetSlot(name, Combine(schema, Map(("description", name[(name.LastIndexOf('.') + 1)..]))));
        }

        return Reference(name);
    }

    private static string Describe(StructSchema schema) => schema.TypeName + " of " + schema.OpenApiName[..schema.OpenApiName.LastIndexOf('.')];

    private static string Describe(StructSchema schema, FieldSchema field) =>
        field.Name == "items" && field.Shape == FieldShape.List && schema.TypeName.EndsWith("List", StringComparison.Ordinal)
            ? "List of " + Plural(schema.TypeName[..^"List".Length].ToLowerInvariant())
            : CommonDescriptions.Of(schema, field) ?? field.GoField;

    private static string Plural(string kind) => kind switch
    {
        [.., 's', 's'] => kind + "es",
        [.., 's'] => kind,
        [.., not ('a' or 'e' or 'o' or 'u'), 'y'] => kind[..^1] + "ies",
        _ => kind + "s",
    };

    private static ApiList<object?>? Kinds(StructSchema schema)
    {
        var groupVersionKinds = schema.GroupVersionKinds;
        if (groupVersionKinds.EndsWith(" group-versions", StringComparison.Ordinal))
        {
            // The table only counts them.
            return MetaKinds.Of(schema.TypeName);
        }

        if (groupVersionKinds.Length == 0)
        {
            return null;
        }

        return List(groupVersionKinds.Split(';', StringSplitOptions.TrimEntries).Select(static gvk =>
        {
            var (apiVersion, kind) = (gvk[..gvk.IndexOf(' ', StringComparison.Ordinal)], gvk[(gvk.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
            return (object?)KindOf(apiVersion, kind);
        }));
    }

    /// <summary>The three parts of a kind.</summary>
    public static ApiMap<object?> KindOf(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return Map(("group", slash < 0 ? "" : apiVersion[..slash]), ("kind", kind), ("version", apiVersion[(slash + 1)..]));
    }

    private static ApiList<object?>? Unions(StructSchema schema)
    {
        var discriminator = schema.FieldList.FirstOrDefault(static f => f.Union == "discriminator");
        var members = schema.FieldList.Where(static f => f.Union.StartsWith("member", StringComparison.Ordinal)).ToArray();
        if (discriminator is null || members.Length == 0)
        {
            return null;
        }

        var fields = new ApiMap<object?>();
        foreach (var member in members)
        {
            fields.SetSlot(member.Name, member.GoField);
        }

        return List(Map(("discriminator", discriminator.Name), ("fields-to-discriminateBy", fields)));
    }

    private static void Put(ApiMap<object?> map, string key, string value)
    {
        if (value.Length > 0)
        {
            map.SetSlot(key, value);
        }
    }
}
