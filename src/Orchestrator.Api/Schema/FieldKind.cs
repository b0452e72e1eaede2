namespace Orchestrator.Api;

/// <summary>What one value of a field is; lists and maps are told by <see cref="FieldShape"/>.</summary>
public enum FieldKind : byte
{
    String,
    Bool,
    Int32,
    Int64,
    Double,

    /// <summary>Standard base64 in JSON.</summary>
    Bytes,

    /// <summary>RFC 3339, whole seconds.</summary>
    Time,

    /// <summary>RFC 3339 with six fraction digits.</summary>
    MicroTime,

    /// <summary>Go's duration text.</summary>
    Duration,
    Quantity,
    IntOrString,

    /// <summary>JSON kept as it came: RawExtension, FieldsV1, JSON, any.</summary>
    Raw,
    Struct,
}
