namespace Orchestrator.ApiServer.Fairness;

/// <summary>What a request holds of its priority level; a value, so that going straight through allocates nothing.</summary>
internal readonly record struct Seat(FlowSchemaRules? Schema, int Count, FairQueue? Queue, long TakenAt)
{
    public bool IsHeld => Schema is not null;
}
