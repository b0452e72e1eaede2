namespace Orchestrator.Agent.Runtime;

/// <summary>The runtime's own stream of events, so that an exit is seen in milliseconds.</summary>
public interface IRuntimeEvents
{
    /// <summary>
    /// Events until cancelled. Never fails: a lost connection is made again, and each new one begins with <see cref="RuntimeEventKind.Resync"/>.
    /// </summary>
    IAsyncEnumerable<RuntimeEvent> WatchAsync(CancellationToken cancellationToken);
}
