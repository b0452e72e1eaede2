namespace Orchestrator.Api.Protobuf;

/// <summary>A field of a message: one of the type's own, or a message of fields that JSON shows one level up.</summary>
/// <param name="Tag">The field number.</param>
/// <param name="Field">The type's field; null for an inlined message.</param>
/// <param name="Inlined">The inlined message's layout; null for a field.</param>
internal sealed record ProtoField(int Tag, FieldSchema? Field, ProtoLayout? Inlined)
{
    /// <summary>A list that is a message of its own with the items in field 1 (Go's named list types).</summary>
    public bool IsWrappedList { get; } = Field is { Shape: FieldShape.List } && !Field.ProtoType.StartsWith("repeated", StringComparison.Ordinal)
        && Field.ProtoType.Length > 0 && Field.ProtoType != "optional";

    /// <summary>Varint, or fixed 64, or length-delimited.</summary>
    public int WireType { get; } = Field is null || Field.Shape is FieldShape.Map or FieldShape.MapOfLists ? 2 : WireTypeOf(Field.Kind);

    public static int WireTypeOf(FieldKind kind) => kind switch
    {
        FieldKind.Bool or FieldKind.Int32 or FieldKind.Int64 => 0,
        FieldKind.Double => 1,
        _ => 2,
    };
}
