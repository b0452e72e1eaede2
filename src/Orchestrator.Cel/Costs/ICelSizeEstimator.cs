namespace Orchestrator.Cel.Costs;

/// <summary>What a host knows of the sizes of its inputs before it has them.</summary>
public interface ICelSizeEstimator
{
    /// <summary>The size of a value that is reached by a path from a variable (code points of a string, entries of a list or map); null if nothing is known.</summary>
    CostRange? EstimateSize(CostNode node);
}
