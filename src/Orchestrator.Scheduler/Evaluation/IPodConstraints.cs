namespace Orchestrator.Scheduler.Evaluation;

/// <summary>What one very pod, not its shape, asks of nodes.</summary>
internal interface IPodConstraints
{
    /// <summary>Whether a node is possible, asked before what depends on other pods.</summary>
    int Check(int slot, Verdicts verdicts);

    /// <summary>May change the verdicts once all is known.</summary>
    void Review(Span<int> codes, Verdicts verdicts);
}
