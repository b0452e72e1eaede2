namespace Orchestrator.Scheduler.Counting;

/// <summary>A node counter summed by the domains of a topology; kept as running totals.</summary>
internal sealed class TopologyCount
{
    private readonly NodeCounter _source;
    private int[] _perDomain = [];

    public TopologyCount(TopologyColumn column, NodeCounter source)
    {
        (Column, _source) = (column, source);
        column.Attach(this);
        for (var node = 0; node < source.PerNode.Length; node++)
        {
            Add(node, source.PerNode[node]);
        }
    }

    public TopologyColumn Column { get; }

    public ReadOnlySpan<int> PerDomain => _perDomain;

    /// <summary>The sum over all nodes that have the label.</summary>
    public int Total { get; private set; }

    /// <summary>The count in the domain of a node; 0 if the node is in none.</summary>
    public int Around(int node) => Column.DomainOf(node) is var domain and >= 0 ? _perDomain[domain] : 0;

    public void Add(int node, int delta)
    {
        if (delta != 0 && Column.DomainOf(node) is var domain and >= 0)
        {
            _perDomain[domain] += delta;
            Total += delta;
        }
    }

    public void Move(int node, int from, int to)
    {
        var count = _source.PerNode[node];
        if (from >= 0)
        {
            _perDomain[from] -= count;
            Total -= count;
        }

        if (to >= 0)
        {
            _perDomain[to] += count;
            Total += count;
        }
    }

    public void GrowDomains(int count)
    {
        if (_perDomain.Length < count)
        {
            // Host names are a domain per node: grow in steps.
            Array.Resize(ref _perDomain, Math.Max(count, _perDomain.Length * 2));
        }
    }
}
