using Orchestrator.Api;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Patch;

/// <summary>What strategic merge knows of a value's type: Go's, since refusals name it.</summary>
/// <param name="Struct">The fields; null for anything but a struct of the tables.</param>
/// <param name="Kind">Go's kind: struct, ptr, map, slice, string.</param>
/// <param name="Name">The name of a struct without fields.</param>
internal readonly record struct PatchType(StructSchema? Struct, string Kind = "struct", string Name = "")
{
    /// <summary>The type, the strategy (merge, replace or "") and the merge key of a field.</summary>
    /// <exception cref="ApiException">The type has no such field.</exception>
    public (PatchType Type, string Strategy, string MergeKey) Lookup(string name)
    {
        var field = Find(name);
        return (TypeOf(field), StrategyOf(field), field.PatchMergeKey);
    }

    /// <summary>The same of a list, with its elements' type.</summary>
    /// <exception cref="ApiException">The type has no such field, or it is no list.</exception>
    public (PatchType Element, string Strategy, string MergeKey) LookupList(string name)
    {
        var field = Find(name);
        var element = field switch
        {
            { Shape: FieldShape.List } => field.Struct is { } items ? new PatchType(items) : Plain(field),
            { Kind: FieldKind.Bytes } => new PatchType(null, "uint8"),
            { Shape: FieldShape.Single, Pointer: true } => field.Struct is { } target ? new PatchType(target) : Plain(field),
            _ => throw Internal("expected slice or array type, but got: " + Kind),
        };
        return (element, StrategyOf(field), field.PatchMergeKey);
    }

    private static string StrategyOf(FieldSchema field) => field.PatchStrategy.StartsWith("merge", StringComparison.Ordinal) ? "merge"
        : field.PatchStrategy.StartsWith("replace", StringComparison.Ordinal) ? "replace" : "";

    private static PatchType TypeOf(FieldSchema field) => field.Shape switch
    {
        FieldShape.List => new(null, "slice"),
        FieldShape.Map or FieldShape.MapOfLists => new(null, "map"),
        _ when field.Struct is { } fields => new(fields, field.Pointer ? "ptr" : "struct"),
        _ => Plain(field),
    };

    private static PatchType Plain(FieldSchema field) => field.Kind switch
    {
        FieldKind.String => new(null, "string"),
        FieldKind.Bool => new(null, "bool"),
        FieldKind.Int32 => new(null, "int32"),
        FieldKind.Int64 => new(null, "int64"),
        FieldKind.Double => new(null, "float64"),
        FieldKind.Bytes => new(null, "slice"),
        FieldKind.Raw => new(null, "struct", field.RawType),
        var other => new(null, "struct", other.ToString()),
    };

    private FieldSchema Find(string name)
    {
        if (Struct is null && Name.Length == 0)
        {
            throw Internal("merging an object in json but data type is not struct, instead is: " + Kind);
        }

        return Struct?.Find(name) ?? throw Internal($"unable to find api field in struct {Struct?.TypeName ?? Name} for the json field \"{name}\"");
    }

    private static ApiException Internal(string message) => Errors.Make(500, "", message, null);
}
