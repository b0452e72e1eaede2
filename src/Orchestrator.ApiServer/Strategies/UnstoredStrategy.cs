namespace Orchestrator.ApiServer.Strategies;

/// <summary>For resources that answer and store nothing: reviews, bindings, component statuses.</summary>
internal sealed class UnstoredStrategy : ResourceStrategy;
