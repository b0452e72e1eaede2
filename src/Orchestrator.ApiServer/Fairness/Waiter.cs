namespace Orchestrator.ApiServer.Fairness;

/// <summary>A request that waits for seats in a queue.</summary>
internal sealed class Waiter(FlowSchemaRules schema, string flow, int seats, long arrivedAt)
{
    private readonly TaskCompletionSource<bool> _decided = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FlowSchemaRules Schema { get; } = schema;

    public string Flow { get; } = flow;

    public int Seats { get; } = seats;

    public long ArrivedAt { get; } = arrivedAt;

    /// <summary>True when it may go on; false when it has waited too long.</summary>
    public Task<bool> Decision => _decided.Task;

    /// <summary>Lets it go, or turns it away. Only the first call counts.</summary>
    public bool Decide(bool mayRun) => _decided.TrySetResult(mayRun);
}
