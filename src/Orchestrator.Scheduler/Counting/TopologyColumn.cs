using Orchestrator.Api;

namespace Orchestrator.Scheduler.Counting;

/// <summary>For one topology key (a node label): the domain of every node as a small number.</summary>
internal sealed class TopologyColumn(string key)
{
    /// <summary>The domain of a node without the label.</summary>
    public const int None = -1;

    private readonly Dictionary<string, int> _ids = [];
    private readonly List<TopologyCount> _counts = [];
    private int[] _domains = [];

    public string Key => key;

    /// <summary>How many domains were ever seen; ids are below it.</summary>
    public int DomainCount => _ids.Count;

    /// <summary>Domains by node slot; as long as the node table.</summary>
    public ReadOnlySpan<int> Domains => _domains;

    public int DomainOf(int node) => _domains[node];

    public void Grow(int capacity)
    {
        var old = _domains.Length;
        Array.Resize(ref _domains, capacity);
        Array.Fill(_domains, None, old, capacity - old);
    }

    /// <summary>Sets the domain of a node from its labels (null: the node is gone), and moves the counts of its pods.</summary>
    public void SetNode(int node, ApiMap<string>? labels)
    {
        var domain = None;
        if (labels is not null && labels.TryGetValue(key, out var value) && !_ids.TryGetValue(value, out domain))
        {
            _ids[value] = domain = _ids.Count;
            foreach (var count in _counts)
            {
                count.GrowDomains(_ids.Count);
            }
        }
        else if (labels is null || !labels.ContainsKey(key))
        {
            domain = None;
        }

        var old = _domains[node];
        if (old != domain)
        {
            _domains[node] = domain;
            foreach (var count in _counts)
            {
                count.Move(node, old, domain);
            }
        }
    }

    public void Attach(TopologyCount count)
    {
        count.GrowDomains(_ids.Count);
        _counts.Add(count);
    }

    public void Detach(TopologyCount count) => _counts.Remove(count);
}
