namespace Orchestrator.Scheduler.Counting;

/// <summary>A running count per node, and per domain of the topologies that are of interest.</summary>
internal class NodeCounter
{
    private readonly List<TopologyCount> _topologies = [];
    private int[] _perNode;

    public NodeCounter(int capacity) => _perNode = new int[capacity];

    public ReadOnlySpan<int> PerNode => _perNode;

    public int Total { get; private set; }

    /// <summary>How many shapes use it; at 0 it is dropped.</summary>
    public int Users { get; set; }

    public void Grow(int capacity) => Array.Resize(ref _perNode, capacity);

    public void Add(int node, int delta)
    {
        _perNode[node] += delta;
        Total += delta;
        foreach (var topology in _topologies)
        {
            topology.Add(node, delta);
        }
    }

    /// <summary>The count by the domains of a topology, made when first asked for.</summary>
    public TopologyCount By(TopologyColumn column)
    {
        foreach (var topology in _topologies)
        {
            if (topology.Column == column)
            {
                return topology;
            }
        }

        var made = new TopologyCount(column, this);
        _topologies.Add(made);
        return made;
    }

    /// <summary>Takes it off the columns, when nobody uses it any more.</summary>
    public void Detach()
    {
        foreach (var topology in _topologies)
        {
            topology.Column.Detach(topology);
        }
    }
}
