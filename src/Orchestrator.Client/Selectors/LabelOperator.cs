namespace Orchestrator.Client;

/// <summary>What a requirement asks of a label.</summary>
public enum LabelOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,

    /// <summary>Holds for no labels at all.</summary>
    Never,
}
