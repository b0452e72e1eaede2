namespace Orchestrator.Cel.Types;

/// <summary>The forms of types that the checker knows.</summary>
public enum CelTypeKind : byte
{
    Dyn,
    Error,
    Null,
    Bool,
    Int,
    UInt,
    Double,
    String,
    Bytes,
    Duration,
    Timestamp,
    List,
    Map,

    /// <summary>An object type: its fields come from an <see cref="ICelTypeProvider"/>.</summary>
    Struct,

    /// <summary>A type of which only functions know something; may have parameters, as <c>optional_type(T)</c>.</summary>
    Opaque,
    Type,
    TypeParam,
}
