namespace Orchestrator.ApiServer.Apply;

/// <summary>What differs between two objects. Null sets are empty.</summary>
internal readonly record struct FieldDifference(FieldSet? Added, FieldSet? Modified, FieldSet? Removed)
{
    public bool IsNone => Added is null && Modified is null && Removed is null;

    /// <summary>Added and modified fields.</summary>
    public FieldSet Changed => (Added ?? FieldSet.Empty).Union(Modified);
}
