namespace Orchestrator.Cel.Costs;

/// <summary>Sizes of nodes while costs are estimated.</summary>
public interface ICelSizes
{
    /// <summary>A node's size; anything between 0 and the greatest number if nothing is known.</summary>
    CostRange SizeOf(CostNode node);

    /// <summary>The node that stands for the elements of a list; null if the node is no list.</summary>
    CostNode? ElementOf(CostNode list);
}
