namespace Orchestrator.ApiServer.Apply;

/// <summary>
/// How server-side apply sees a value: which parts have owners of their own. Built-in types get theirs from <see cref="ApplyTypes"/>; the structural
/// schema of a custom resource is turned into the same classes.
/// </summary>
internal abstract class FieldType
{
    /// <summary>A value of unknown type: a map owns its entries, a list is one piece, the rest are scalars.</summary>
    public static DeducedType Deduced { get; } = new();
}
