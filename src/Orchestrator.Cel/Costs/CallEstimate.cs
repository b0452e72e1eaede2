namespace Orchestrator.Cel.Costs;

/// <summary>The cost of a call without its arguments', and the size of what it returns where that is known.</summary>
public readonly record struct CallEstimate(CostRange Cost, CostRange? ResultSize = null);
