using System.Collections.Concurrent;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Apply;

/// <summary>The types of the tables as server-side apply sees them.</summary>
internal static class ApplyTypes
{
    // Derived from the immutable tables, so one copy serves every server in the process.
    private static readonly ConcurrentDictionary<StructSchema, MapType> Structs = new();

    /// <summary>Any custom object: typed metadata, the rest by its values.</summary>
    public static MapType Custom { get; } = OfCustom(static () => [], FieldType.Deduced);

    /// <summary>The type of a kind of the tables, or of any custom object.</summary>
    public static MapType Of(StructSchema schema) => ReferenceEquals(schema, CustomObject.ApiType) ? Custom
        : Structs.TryGetValue(schema, out var known) ? known
        : Structs.GetOrAdd(schema, static s => new MapType(() => Members(s), null, s.MapType == "atomic"));

    /// <summary>The root type of a custom resource.</summary>
    /// <param name="fields">The structural schema's top-level fields but apiVersion, kind and metadata; called once.</param>
    /// <param name="others">The type of fields that the schema does not name (preserve-unknown-fields); null when there may be none.</param>
    public static MapType OfCustom(Func<IEnumerable<MapMember>> fields, FieldType? others) => new(
        () =>
        [
            new("kind", ScalarType.Text, PathElement.Field("kind"), CustomObject.ApiType.Fields[0]),
            new("apiVersion", ScalarType.Text, PathElement.Field("apiVersion"), CustomObject.ApiType.Fields[1]),
            new("metadata", Of(ObjectMeta.ApiType), PathElement.Field("metadata"), CustomObject.ApiType.Fields[2]),
            .. fields(),
        ],
        others,
        isAtomic: false);

    private static MapMember[] Members(StructSchema schema) =>
        Array.ConvertAll(schema.Fields, static f => new MapMember(f.Name, TypeOf(f), PathElement.Field(f.Name), f));

    private static FieldType TypeOf(FieldSchema field)
    {
        switch (field.Shape)
        {
            case FieldShape.List:
                return ListOf(field);
            case FieldShape.Map:
                return new MapType(null, ElementOf(field), field.MapType == "atomic");
            case FieldShape.MapOfLists:
                return new MapType(null, new ListType(ScalarType.Text, associative: false, [], []), field.MapType == "atomic");
            default:
                // A field may be owned otherwise than its type says: as one piece, or piece by piece.
                var element = ElementOf(field);
                return element is MapType map && field.MapType == (map.IsAtomic ? "granular" : "atomic")
                    ? new MapType(() => [.. map.Members], map.Element, isAtomic: !map.IsAtomic)
                    : element;
        }
    }

    private static ListType ListOf(FieldSchema field)
    {
        if (field.ListType is not ("map" or "set"))
        {
            return new(ElementOf(field), associative: false, [], []);
        }

        var defaults = Array.ConvertAll(field.ListMapKeys, key => field.Struct?.Find(key) is { Default.Length: > 0 } keyed
            ? ApiJson.ReadValue(Encoding.UTF8.GetBytes(keyed.Default))
            : null);
        return new(ElementOf(field), associative: true, field.ListMapKeys, defaults);
    }

    private static FieldType ElementOf(FieldSchema field) => field.Kind switch
    {
        FieldKind.String or FieldKind.Bytes or FieldKind.Duration => ScalarType.Text,
        FieldKind.Bool => ScalarType.Boolean,
        FieldKind.Int32 or FieldKind.Int64 or FieldKind.Double => ScalarType.Number,
        FieldKind.Raw => field.RawType is "any" or "JSON" ? FieldType.Deduced : ScalarType.Untyped,
        FieldKind.Struct => field.Struct!.Name.StartsWith("apiextensions_v1.JSONSchemaPropsOr", StringComparison.Ordinal) ? FieldType.Deduced : Of(field.Struct),
        _ => ScalarType.Any,
    };
}
