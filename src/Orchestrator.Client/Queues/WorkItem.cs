namespace Orchestrator.Client;

/// <summary>A key in a worker's hands.</summary>
public readonly record struct WorkItem<TKey>(TKey Key)
    where TKey : notnull;
