namespace Orchestrator.Cel.Values;

/// <summary>What a value is at run time.</summary>
public enum CelKind : byte
{
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
    Type,
    Optional,

    /// <summary>An object that an expression made, or a value of a library (URL, quantity, authorizer …).</summary>
    Opaque,
    Error,
}
