namespace Orchestrator.ApiServer.Apply;

/// <summary>An entry of a <see cref="FieldSet"/>: whether the set has the path itself, and what it has below.</summary>
internal readonly record struct FieldNode(PathElement Element, bool Member, FieldSet? Children)
{
    public bool IsEmpty => !Member && Children is null;
}
