namespace Orchestrator.Api.Selectors;

/// <summary>How one requirement of a label selector compares.</summary>
public enum SelectorOperator : byte
{
    /// <summary><c>=</c>, <c>==</c>, <c>in</c>.</summary>
    In,

    /// <summary><c>!=</c>, <c>notin</c>: also true when the label is absent.</summary>
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}
