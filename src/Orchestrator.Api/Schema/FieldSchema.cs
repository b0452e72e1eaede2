using System.Text;

namespace Orchestrator.Api;

/// <summary>A field of an API type, as the tables describe it.</summary>
public sealed class FieldSchema
{
    private readonly string _typeName;
    private StructSchema? _struct;

    internal FieldSchema(int ordinal, string row)
    {
        var cells = row.Split('\t');
        Ordinal = ordinal;
        Name = cells[0];
        NamePrefix = Encoding.UTF8.GetBytes("\"" + Name + "\":");
        var type = cells[1];
        Shape = FieldShape.Single;
        if (type.StartsWith("map[string][]", StringComparison.Ordinal))
        {
            (Shape, type) = (FieldShape.MapOfLists, type[13..]);
        }
        else if (type.StartsWith("map[string]", StringComparison.Ordinal))
        {
            (Shape, type) = (FieldShape.Map, type[11..]);
        }
        else if (type.StartsWith("[]", StringComparison.Ordinal))
        {
            (Shape, type) = (FieldShape.List, type[2..]);
        }

        _typeName = type;
        Kind = type switch
        {
            "string" => FieldKind.String,
            "bool" => FieldKind.Bool,
            "int32" => FieldKind.Int32,
            "int64" => FieldKind.Int64,
            "double" => FieldKind.Double,
            "bytes" => FieldKind.Bytes,
            "Time" => FieldKind.Time,
            "MicroTime" => FieldKind.MicroTime,
            "Duration" => FieldKind.Duration,
            "Quantity" => FieldKind.Quantity,
            "IntOrString" => FieldKind.IntOrString,
            "RawExtension" or "Object" or "FieldsV1" or "any" or "JSON" => FieldKind.Raw,
            _ => FieldKind.Struct,
        };
        RawType = Kind == FieldKind.Raw ? type : "";
        NamedType = Cell(2);
        GoField = Cell(3);
        ProtoTags = Cell(4).Length == 0 ? [] : Array.ConvertAll(Cell(4).Split('/'), int.Parse);
        ProtoType = Cell(5);
        Required = Cell(6) == "y";
        OmitEmpty = Cell(7).StartsWith("omitempty", StringComparison.Ordinal);
        OmitZero = Cell(7).EndsWith("omitzero", StringComparison.Ordinal);
        Pointer = Cell(8) == "y";
        ListType = Cell(9);
        ListMapKeys = Cell(10).Length == 0 ? [] : Cell(10).Split(',');
        MapType = Cell(11);
        PatchStrategy = Cell(12);
        PatchMergeKey = Cell(13);
        Default = Cell(14);
        Enum = Cell(15).Length == 0 ? [] : Cell(15).Split('|');
        Union = Cell(16);
        FeatureGate = Cell(17);
        DeclarativeValidation = Cell(18);

        string Cell(int i) => i < cells.Length ? cells[i] : "";
    }

    /// <summary>The slot.</summary>
    public int Ordinal { get; }

    /// <summary>The JSON name.</summary>
    public string Name { get; }

    public FieldKind Kind { get; }

    public FieldShape Shape { get; }

    /// <summary>For <see cref="FieldKind.Raw"/>: RawExtension, Object, FieldsV1, any or JSON; else "".</summary>
    public string RawType { get; }

    /// <summary>The named scalar, list or map type behind the field ("" if none), for example <c>PodPhase</c>; named by error messages.</summary>
    public string NamedType { get; }

    /// <summary>The field's name in capitals as upstream writes it.</summary>
    public string GoField { get; }

    /// <summary>Protobuf tags: the field's own last, those of enclosing inlined messages before it; empty if not in protobuf.</summary>
    public int[] ProtoTags { get; }

    public string ProtoType { get; }

    /// <summary>As published in OpenAPI.</summary>
    public bool Required { get; }

    /// <summary>Dropped from JSON when it has its zero value or is empty; never so a struct by value.</summary>
    public bool OmitEmpty { get; }

    /// <summary>Dropped when a struct with no field set.</summary>
    public bool OmitZero { get; }

    /// <summary>Absence differs from the zero value.</summary>
    public bool Pointer { get; }

    /// <summary>atomic, set, map, or "" (which means atomic).</summary>
    public string ListType { get; }

    public string[] ListMapKeys { get; }

    public string MapType { get; }

    /// <summary>Strategic merge patch: merge, replace, retainKeys, joined by ','; "" if none.</summary>
    public string PatchStrategy { get; }

    public string PatchMergeKey { get; }

    /// <summary>The OpenAPI default as JSON; "" if none.</summary>
    public string Default { get; }

    public string[] Enum { get; }

    public string Union { get; }

    public string FeatureGate { get; }

    public string DeclarativeValidation { get; }

    /// <summary>The schema of a struct-valued field (of the element, for lists and maps); null otherwise.</summary>
    public StructSchema? Struct => Kind != FieldKind.Struct ? null
        : _struct ??= ApiTypes.Find(_typeName) ?? throw new InvalidOperationException($"The tables name the type {_typeName}, which they do not have.");

    /// <summary>The name in quotes with its colon, as JSON writes it.</summary>
    internal byte[] NamePrefix { get; }

    internal ReadOnlySpan<byte> Utf8Name => NamePrefix.AsSpan(1, NamePrefix.Length - 3);
}
