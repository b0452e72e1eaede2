namespace Orchestrator.ApiServer.Apply;

/// <summary>What a <see cref="PathElement"/> names; the values are their order in field sets.</summary>
internal enum PathElementKind : byte
{
    /// <summary>A field of a struct or a key of a map: <c>f:</c>.</summary>
    Field,

    /// <summary>An item of a list with map keys: <c>k:</c>.</summary>
    Key,

    /// <summary>An item of a set: <c>v:</c>.</summary>
    Value,

    /// <summary>An item by its place: <c>i:</c>.</summary>
    Index,
}
