namespace Orchestrator.ApiServer.Apply;

/// <summary>What a scalar may be.</summary>
internal enum ScalarKind : byte
{
    Text,
    Number,
    Boolean,

    /// <summary>Any scalar: quantities, times, numbers or texts.</summary>
    Any,

    /// <summary>Any value at all, owned as a whole: embedded objects.</summary>
    Untyped,
}
