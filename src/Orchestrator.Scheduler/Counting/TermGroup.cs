namespace Orchestrator.Scheduler.Counting;

/// <summary>The pods on nodes that have one and the same affinity term, counted: what running pods ask of newcomers.</summary>
internal sealed class TermGroup : NodeCounter
{
    public TermGroup(TermGroupKey key, TopologyColumn column, int capacity)
        : base(capacity)
    {
        Key = key;
        Around = By(column);
    }

    public TermGroupKey Key { get; }

    /// <summary>How many pods with the term are around a node.</summary>
    public TopologyCount Around { get; }
}
